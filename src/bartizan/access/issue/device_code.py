"""Requests of devices that have no browser: a code that the device keeps, and a short one that its person types elsewhere.

Rules of this file: pure and bounded. A device code is 256 random bits; a user code is short, so it is good for minutes, and
whoever types wrong ones soon has to wait. Both are kept as digests, in this process alone. A request is for its client, and
for the first key that asks with it; it is answered once, and its tokens are had once. Where there are too many, those give way
of which one client asked for most from one network, the oldest first.
Source: RFC 8628 sections 3.2, 3.4, 3.5, 5.1 and 6.1; RFC 9700 section 2.1.
"""

import secrets
from collections import Counter
from typing import Final

import msgspec

from bartizan.access.issue.code import LIFETIME_S as CODE_LIFETIME_S
from bartizan.access.issue.code import Let, digest
from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.clock import MINUTE, SECOND, Nanoseconds
from bartizan.crypto.secret import Reticent
from bartizan.identity.compact import encoded
from bartizan.identity.pseudonym import Random

LIFETIME_S: Final = 600
"""How long a request may wait for its person, seconds."""
INTERVAL_S: Final = 5
"""How long a device waits between two questions, at least; each that comes too early adds as much."""
ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Of user codes: no vowels, so no words; no digits, so none that look like letters (RFC 8628 section 6.1)."""
LENGTH: Final = 8
"""Of user codes: 34.6 bits."""
MOST: Final = 1024
"""Requests that are remembered."""
TRIES: Final = 5
"""Wrong user codes of a person before they have to wait."""
TRY_EVERY: Final = Nanoseconds(MINUTE)
"""Time that one wrong code takes, once those are used up."""
_OCTETS: Final = 32
_NAME: Final = 16
_EARLY: Final = Nanoseconds(SECOND)
"""How much too early a question may come: timers and networks are no metronomes."""
_FAIR: Final = 256 - 256 % len(ALPHABET)
"""Octets from here on would make some letters likelier than others."""
_PENDING: Final = "nobody has answered yet; ask again after the interval"
_EARLY_SAID: Final = "asked again too early; wait five seconds longer from now on"
_EXPIRED: Final = "nobody answered in time; begin again"
_DENIED: Final = "the person refused"
_NOT_GOOD: Final = "the device code is not good, or is not this client's; begin again"


class Waiting(Reticent, frozen=True):
    """A request that waits for its person, or for its device.

    Attributes:
        id: random; what the person's forms call it.
        client: `client_id` of the application.
        audience: of the tokens.
        key: thumbprint that they are to be bound to; empty until one was proven.
        source: pseudonym of the network that it came from, or empty.
        asked, expires: UTC nanoseconds.
        due: when the device may ask next.
        interval: how long it has to wait from then on.
        user: digest of the user code.
        let: what the person let it do; None before, and where they refused.
        refused: whether they did.
    """

    id: str
    client: str
    audience: str
    key: str
    source: str
    asked: Nanoseconds
    expires: Nanoseconds
    due: Nanoseconds
    interval: Nanoseconds
    user: bytes
    let: Let | None = None
    refused: bool = False

    @property
    def answered(self) -> bool:
        """Return whether its person has said yes or no."""
        return self.let is not None or self.refused


class Codes(Reticent, frozen=True):
    """A new request's two codes, shown this once."""

    device: str
    user: str


def tidy(typed: str) -> str:
    """Return a user code as it was given, whatever way its letters were typed in; empty where they are none."""
    letters = "".join(typed.split()).replace("-", "").upper()
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


class Room:
    """The requests of devices that there are.

    Args:
        most: how many are remembered.
        random: source of codes.
    """

    __slots__ = ("_most", "_random", "_requests")

    def __init__(self, most: int = MOST, random: Random = secrets.token_bytes) -> None:
        """Know none yet."""
        self._most, self._random = most, random
        self._requests: dict[bytes, Waiting] = {}

    def ask(self, client: str, audience: str, key: str, source: str, now: Nanoseconds) -> Codes:
        """Return the codes of a new request.

        Args:
            client: of the application, authenticated.
            audience: of the tokens.
            key: thumbprint that they are to be bound to; empty for the first that is proven.
            source: pseudonym of the network that asks, or empty.
            now: the instant.
        """
        self._forget(now)
        codes = Codes(encoded(self._random(_OCTETS)), self._user_code())
        interval = Nanoseconds(INTERVAL_S * SECOND)
        self._requests[digest(codes.device)] = Waiting(
            self._random(_NAME).hex(),
            client,
            audience,
            key,
            source,
            now,
            Nanoseconds(now + LIFETIME_S * SECOND),
            Nanoseconds(now),
            interval,
            digest(codes.user),
        )
        if len(self._requests) > self._most:
            self._give_way()
        return Codes(codes.device, f"{codes.user[:4]}-{codes.user[4:]}")

    def typed(self, user: str, now: Nanoseconds) -> Waiting | None:
        """Return the request whose user code somebody typed; None where none waits for its person."""
        shown = digest(tidy(user))
        return next((each for each in self._open(now) if each.user == shown), None)

    def named(self, name: str, now: Nanoseconds) -> Waiting | None:
        """Return the request of a form; None where none of that name waits for its person."""
        return next((each for each in self._open(now) if each.id == name), None)

    def answer(self, waiting: Waiting, let: Let | None, now: Nanoseconds) -> None:
        """Remember what a person said to a request: what they let it do, or None for no; its device has a minute to hear it."""
        place = next(place for place, each in self._requests.items() if each.id == waiting.id)
        expires = max(waiting.expires, Nanoseconds(now + CODE_LIFETIME_S * SECOND))
        self._requests[place] = msgspec.structs.replace(
            self._requests[place], let=let, refused=let is None, expires=expires
        )

    def take(self, device: str, client: str, key: str, now: Nanoseconds) -> Let | None:
        """Return what a person let a device do, once; None where the code is none that is known.

        Args:
            device: code that is shown.
            client: `client_id` of who shows it, authenticated.
            key: thumbprint that was proven; empty where none was.
            now: the instant.
        Raises:
            GrantRefused: with the words of RFC 8628 section 3.5.
        """
        place = digest(device)
        waiting = self._requests.get(place)
        if waiting is None:
            return None
        fault = _fault(waiting, client, key, now)
        if fault is not None:
            del self._requests[
                place
            ]  # a code in other hands, or one that is over: of no use to anybody any more
            raise fault
        if now < waiting.due - _EARLY:
            self._wait(place, waiting, key, now, longer=True)
            raise GrantRefused(GrantFault.SLOW_DOWN, _EARLY_SAID, "device-code-early")
        if waiting.let is None:
            self._wait(place, waiting, key, now)
            raise GrantRefused(GrantFault.AUTHORIZATION_PENDING, _PENDING)
        del self._requests[place]
        return msgspec.structs.replace(waiting.let, key=key)

    def forget(self, person: str, client: str) -> int:
        """Forget what a person let a client do, by their client id, of which the tokens were not had yet; return how many."""
        own = [
            place
            for place, each in self._requests.items()
            if each.let is not None and (each.let.person, each.let.client) == (person, client)
        ]
        for place in own:
            del self._requests[place]
        return len(own)

    def _wait(
        self, place: bytes, waiting: Waiting, key: str, now: Nanoseconds, *, longer: bool = False
    ) -> None:
        interval = Nanoseconds(waiting.interval + (INTERVAL_S * SECOND if longer else 0))
        due = Nanoseconds(now + interval)
        self._requests[place] = msgspec.structs.replace(waiting, key=key, due=due, interval=interval)

    def _open(self, now: Nanoseconds) -> list[Waiting]:
        return [each for each in self._requests.values() if not each.answered and now < each.expires]

    def _forget(self, now: Nanoseconds) -> None:
        """Forget those whose device has had as long again to hear that they are over."""
        kept = now - LIFETIME_S * SECOND
        over = [place for place, each in self._requests.items() if each.expires <= kept]
        for place in over:
            del self._requests[place]

    def _give_way(self) -> None:
        crowds = Counter((each.client, each.source) for each in self._requests.values())
        crowd, _ = crowds.most_common(1)[0]
        requests = self._requests.items()
        del self._requests[next(place for place, each in requests if (each.client, each.source) == crowd)]

    def _user_code(self) -> str:
        while True:
            letters = ""
            while len(letters) < LENGTH:
                octets = self._random(2 * LENGTH)
                letters += "".join(ALPHABET[each % len(ALPHABET)] for each in octets if each < _FAIR)
            code = letters[:LENGTH]
            kept = digest(code)
            if all(each.user != kept for each in self._requests.values()):
                return code


class Tries:
    """How many wrong user codes each person typed lately."""

    __slots__ = ("_due",)

    def __init__(self) -> None:
        """None yet."""
        self._due: dict[str, Nanoseconds] = {}

    def allowed(self, person: str, now: Nanoseconds) -> bool:
        """Return whether a code that a person types is looked at now."""
        return self._due.get(person, now) <= now + (TRIES - 1) * TRY_EVERY

    def failed(self, person: str, now: Nanoseconds) -> None:
        """Take note of a wrong one; those of whom nothing counts any more are forgotten."""
        self._due = {each: due for each, due in self._due.items() if due > now}
        self._due[person] = Nanoseconds(self._due.get(person, now) + TRY_EVERY)


def _fault(waiting: Waiting, client: str, key: str, now: Nanoseconds) -> GrantRefused | None:
    """Return what keeps a code from being good for who shows it, now or ever."""
    if waiting.client != client:
        return GrantRefused(GrantFault.INVALID_GRANT, _NOT_GOOD, "device-code-of-another")
    if waiting.key and waiting.key != key:
        return GrantRefused(GrantFault.INVALID_GRANT, _NOT_GOOD, "device-code-of-another-key")
    if now >= waiting.expires:
        return GrantRefused(GrantFault.EXPIRED_TOKEN, _EXPIRED, "device-code-expired")
    if waiting.refused:
        return GrantRefused(GrantFault.ACCESS_DENIED, _DENIED, "device-code-refused")
    return None
