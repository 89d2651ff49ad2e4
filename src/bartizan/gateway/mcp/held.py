"""What a worker holds of tool servers' answers: what is not whole yet, and what a slow client has not taken.

Rules of this file: all answers together have so much, one principal's a quarter of it. The first octets of each are
its own and not counted, so that a small answer passes beside whatever others hold. What was counted is given back once:
when it was passed on to a client that keeps up, or whose connection is gone.
"""

from typing import TYPE_CHECKING, Final

from bartizan.gateway.bounds import ANSWER_OWN_OCTETS
from bartizan.gateway.framing import FramingDoubt

if TYPE_CHECKING:
    from bartizan.gateway.protocol import ClientConnection
    from bartizan.gateway.stream import Exchange

FULL: Final = "answers-full"
"""Reason of an answer for which there was no room."""


class AnswersHeld:
    """What is held of all answers of one worker.

    Args:
        most: octets of all together.
    """

    __slots__ = ("_by", "_holds", "_most", "octets")

    def __init__(self, most: int) -> None:
        """Hold nothing yet."""
        self._most, self.octets = most, 0
        self._by: dict[str, int] = {}
        self._holds: set[Hold] = set()

    def begin(self, exchange: "Exchange") -> "Hold":
        """Return what is held of one answer, nothing yet."""
        return Hold(self, exchange.client, exchange.who.principal.id)

    def move(self, hold: "Hold", octets: int) -> None:
        """Take note of how much of an answer counts now.

        Raises:
            FramingDoubt: there is no room for it; it counts as before.
        """
        more = octets - hold.counted
        mine = self._by.get(hold.principal, 0) + more
        if more > 0 and (self.octets + more > self._most or mine > self._most // 4):
            raise FramingDoubt(FULL)
        self.octets += more
        hold.counted = octets
        if mine:
            self._by[hold.principal] = mine
        else:
            self._by.pop(hold.principal, None)
        if octets:
            self._holds.add(hold)
        else:
            self._holds.discard(hold)

    def sweep(self, clients: "set[ClientConnection]") -> None:
        """Give back what clients have taken by now, or will not take any more.

        Args:
            clients: those that are connected.
        """
        for hold in tuple(self._holds):
            if not hold.client.stalled or hold.client not in clients:
                hold.take()


class Hold:
    """What is held of one answer.

    Attributes:
        client, principal: for whom.
        reading: octets that are not judged yet.
        passed: octets that a client which does not keep up has not taken, at most.
        counted: of both, beyond an answer's own.
    """

    __slots__ = ("_all", "client", "counted", "passed", "principal", "reading")

    def __init__(self, every: AnswersHeld, client: "ClientConnection", principal: str) -> None:
        """Hold nothing yet."""
        self._all, self.client, self.principal = every, client, principal
        self.reading = self.passed = self.counted = 0

    def follow(self, reading: int, passed: int) -> None:
        """Take note of how much is being read, and of how much goes to the client now.

        Raises:
            FramingDoubt: there is no room for it.
        """
        passed += self.passed if self.client.stalled else 0
        self._all.move(self, _beyond(reading + passed))
        self.reading, self.passed = reading, passed

    def end(self) -> None:
        """Read no more; what the client has not taken counts until it has."""
        self.reading = 0
        self._all.move(self, _beyond(self.passed))

    def take(self) -> None:
        """Take note that the client has, or is gone."""
        self.passed = 0
        self._all.move(self, _beyond(self.reading))


def _beyond(octets: int) -> int:
    return max(0, octets - ANSWER_OWN_OCTETS)
