"""A request without a trace is told from a ledger that takes nothing at all."""

import msgspec
import pytest

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.attacks.record_evaded import ATTACK
from bartizan.ledger.event import Event
from bartizan.ledger.event import Outcome as Word
from tests.drill.answers import answering
from tests.drill.scene import Record

ADMITTED = ("gateway.request.admitted", 0, Word.ALLOWED)
REFUSED = ("gateway.request.refused", 1, Word.DENIED)


@pytest.mark.parametrize(
    ("written", "kind"),
    [((ADMITTED, REFUSED), Held), ((ADMITTED,), GotThrough), ((REFUSED,), GotThrough), ((), Undecided)],
)
def test_what_is_missing_beside_something_that_is_there_got_through(
    written: tuple[tuple[str, int, Word], ...], kind: type[Outcome]
) -> None:
    record = Record()
    target = record.target()

    def write(_seconds: float) -> None:
        for name, request, outcome in written if not record.events else ():
            detail: dict[str, int | str] = {"service": "sample", "route": "chat", "group": "none"}
            detail |= {"octets": 1} if outcome is Word.ALLOWED else {"reason": "policy-denied", "status": 415}
            record.add(Event(1, name, "p-" + "1" * 16, f"q-{request:016x}", outcome, "", detail))

    with answering([200, 415]) as door:
        platform = msgspec.structs.replace(target.platform, door=door)
        outcome = ATTACK.act(msgspec.structs.replace(target, platform=platform, sleep=write))
    assert isinstance(outcome, kind), outcome
