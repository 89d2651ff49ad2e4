"""The gate of the Admin API: who is let in is on record first, and what could not be judged is refused and said to have failed."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from bartizan.access import controls
from bartizan.access.assemble import Ports
from bartizan.access.subject import Authorization, Possession, Presentation
from bartizan.admin import platform, principals
from bartizan.app.admin.gate import CallRefused, Gate, Shows
from bartizan.app.entry import Entry
from bartizan.app.outcry import Outcry
from bartizan.clock import SetClock
from bartizan.control import Control, discover
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs
from bartizan.identity.shown import Shown
from bartizan.ledger.event import Event, Outcome
from tests.access.house import ALONE, CALLER, bearer, somebody, state
from tests.identity.forge import AUDIENCE, START

CHIEF = somebody("chief", "owner")
OURS = discover(controls)
SHOWN = "what a stranger showed"


class Door:
    """A gate with these controls, what it recorded, and what it said of faults."""

    def __init__(self, judging: dict[str, Control]) -> None:
        self.said, self.entries, self.clock = list[str](), list[Entry](), SetClock(START)
        failed = Outcry(self.clock, self.said.append).control
        ports = Ports(judging, AUDIENCE, Proofs(Secret(bytes(32))), failed)
        self.gate = Gate(ports, self.clock, self._record)
        self.gate.take(state((CHIEF, CALLER), ALONE))

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        for each in entries:  # all of them are events
            Event(START, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.entries += entries
        return 0, 0

    def refused(self, token: str) -> tuple[str, int]:
        with pytest.raises(CallRefused) as fault:
            self.gate.admit(platform.STATUS, Shows(Shown(token)))
        return fault.value.reason, fault.value.status


def breaking(reads: type) -> dict[str, Control]:
    """Return our controls, of which those that judge one kind of subject raise, with the subject in the error."""

    def judge(subject: object) -> tuple[()]:
        raise ZeroDivisionError(f"{SHOWN}: {subject}")

    return {
        name: msgspec.structs.replace(each, judge=judge) if each.reads is reads else each
        for name, each in OURS.items()
    }


@pytest.mark.parametrize(
    ("reads", "token", "actor"),
    [
        (Presentation, lambda: bearer(CHIEF), "anonymous"),
        (Presentation, lambda: "a.b.c", "anonymous"),
        (Authorization, lambda: bearer(CHIEF), CHIEF.pseudonym),
        (Possession, lambda: bearer(CHIEF), "anonymous"),
    ],
)
def test_a_control_that_breaks_lets_nobody_in_and_the_record_says_that_it_failed(
    reads: type, token: Callable[[], str], actor: str
) -> None:
    door = Door(breaking(reads))
    for _ in range(3):
        assert door.refused(token()) == ("control-failed", 503)
    assert door.entries == []  # nothing was let in, and refusals wait for their turn
    door.gate.record_refusals()
    (entry,) = door.entries
    assert (entry.actor, entry.outcome) == (actor, Outcome.FAILED)
    assert entry.detail == {"operation": "read-status", "reason": "control-failed", "count": 3}
    assert OURS[entry.control].reads is reads
    assert (
        "ZeroDivisionError in tests.app.admin.test_gate:" in door.said[0]
    )  # where, so that it can be mended
    assert SHOWN not in "".join(door.said)


def test_what_is_refused_by_a_control_that_works_is_denied() -> None:
    door = Door(dict(OURS))
    assert door.refused("a.b.c") == ("token-malformed", 401)
    assert door.refused(bearer(CALLER)) == ("policy-denied", 403)
    door.gate.record_refusals()
    assert [each.outcome for each in door.entries] == [Outcome.DENIED] * 2


def test_whoever_is_let_in_is_on_record_before_anything_is_done() -> None:
    door = Door(dict(OURS))
    caller = door.gate.admit(principals.LIST, Shows(Shown(bearer(CHIEF)), request="q-0011223344556677"))
    assert (caller.actor, caller.id, caller.local) == (CHIEF.pseudonym, CHIEF.id, False)
    (entry,) = door.entries
    assert (entry.actor, entry.subject, entry.outcome) == (
        CHIEF.pseudonym,
        "q-0011223344556677",
        Outcome.ALLOWED,
    )
