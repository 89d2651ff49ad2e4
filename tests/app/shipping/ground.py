"""A ledger with entries to ship, and receivers that do as they are told."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.app.plan import Connector
from bartizan.app.shipping.courier import Courier, Ports
from bartizan.app.shipping.outcome import Outcome, Taken
from bartizan.connectors.source import Source
from bartizan.ledger import event as events
from bartizan.ledger.entry import Entry
from bartizan.ledger.journal import Journal
from tests.ledger.ground import Ground

SOURCE = Source("9.9.0", "bartizan.local/00112233445566aa", "host-1")
KINDS = (
    "gateway.request.admitted",
    "gateway.request.refused",
    "platform.process.started",
    "access.token.issued",
)
OUTCOMES = (events.Outcome.ALLOWED, events.Outcome.DENIED, events.Outcome.DONE, events.Outcome.DONE)


class Shipyard(Ground):
    """A ledger whose sealer and one writer are here."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder)
        self._writer: Journal | None = None
        self._number = self._written = 0

    def grow(self, count: int) -> int:
        """Write and seal so many entries more, of four kinds in turn; return the size of the tree."""
        if self._writer is None:
            self._number += 1
            self._writer = self.journal(self._number, "control", 64 << 20)
        for _ in range(count):
            self.clock.at += 1_000_000
            self._written += 1
            kind = self._written % len(KINDS)
            self._writer.record(KINDS[kind], "platform", "", OUTCOMES[kind])
        self._writer.flush()
        self.tail()
        return self.sequencer.size


def connector(**more: object) -> Connector:
    known: dict[str, object] = {"name": "siem", "kind": "json", "scheme": "file"} | more
    return Connector(**known)  # type: ignore[arg-type]


class Receiver:
    """Takes entries as it is told to.

    Attributes:
        taken: every entry that it has said that it has, in the order in which they came.
        noted: what was put on record.
        records: whether anything can be.
    """

    def __init__(self, says: Callable[[Sequence[Entry]], Outcome] = lambda _: Taken()) -> None:
        self.says = says
        self.taken: list[Entry] = []
        self.batches: list[int] = []
        self.noted: list[tuple[str, int, int, str]] = []
        self.records = True

    def deliver(self, entries: Sequence[Entry]) -> Outcome:
        outcome = self.says(entries)
        self.batches.append(len(entries))
        if isinstance(outcome, Taken):
            self.taken += entries
        return outcome

    def note(self, what: str, first: int, count: int, why: str) -> bool:
        if self.records:
            self.noted.append((what, first, count, why))
        return self.records

    @property
    def indexes(self) -> list[int]:
        return [entry.index for entry in self.taken]


def courier(ledger: Path, cursors: Path, receiver: Receiver, **more: object) -> Courier:
    return Courier(connector(**more), ledger, cursors, Ports(receiver.deliver, receiver.note, lambda: 0.5))


def run(one: Courier, turns: int = 10_000) -> None:
    """Take turns until there is nothing to do, without waiting."""
    for _ in range(turns):
        before, word = one.next, one.word
        one.turn()
        if (one.next, one.word) == (before, word) == (before, ""):
            return


def in_order_at_least_once(indexes: Sequence[int], wanted: Sequence[int]) -> bool:
    """Return whether every index came, and none for the first time before one that is ahead of it."""
    seen = list(dict.fromkeys(indexes))
    return seen == list(wanted)
