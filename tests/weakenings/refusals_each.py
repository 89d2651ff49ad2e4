"""Each refusal of a stranger's becomes an entry of its own."""

from collections import Counter

from bartizan.gateway.ports import Recorder
from bartizan.gateway.refusals import Key, Refusals
from bartizan.ledger.event import Outcome

MODULES = ("bartizan.app.worker",)
_pending = Counter[Key]()


def apply() -> None:
    def count(self: Refusals, key: Key, more: int = 1) -> None:  # noqa: ARG001 - takes its place
        _pending[key] += more

    def write(self: Refusals, journal: Recorder) -> int:  # noqa: ARG001 - takes its place
        for key in (each := list(_pending.elements())):
            detail: dict[str, int | str] = {"reason": key.reason, "status": key.status, "count": 1}
            journal.record("gateway.request.refused", key.source, "", Outcome.DENIED, key.control, detail)
        _pending.clear()
        return len(each)

    Refusals.count = count  # type: ignore[method-assign]  # a weakening replaces how it counts
    Refusals.write = write  # type: ignore[method-assign]
