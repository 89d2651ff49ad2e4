"""What every format says of an entry besides the entry itself: whose it is, which it is, how grave it is.

Rules of this file: pure. An entry's id is the ledger's name and the entry's index, the same however often it is told,
so that whoever gets it twice can tell.
"""

import enum
from typing import Final

import msgspec

from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome

VENDOR: Final = "Bartizan"
PRODUCT: Final = "Bartizan"


class Source(msgspec.Struct, frozen=True):
    """Who tells.

    Attributes:
        version: of Bartizan.
        ledger: the ledger's name, as its checkpoints have it: visible ASCII without spaces.
        host: this machine's name, or `-`.
    """

    version: str
    ledger: str
    host: str = "-"


class Severity(enum.IntEnum):
    """How grave an entry is; the numbers are OCSF's, and rise."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


OF_TEN: Final = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 5,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
"""How grave on the scale up to ten that CEF and LEEF share."""
_BY_OUTCOME: Final = {
    Outcome.ALLOWED: Severity.INFORMATIONAL,
    Outcome.DONE: Severity.INFORMATIONAL,
    Outcome.CLEARED: Severity.INFORMATIONAL,
    Outcome.DENIED: Severity.LOW,
    Outcome.FAILED: Severity.MEDIUM,
    Outcome.FOUND: Severity.HIGH,
}
_BY_KIND: Final = {"ledger.segment.altered": Severity.CRITICAL}
_IMPORTED: Final = {
    "unknown": Severity.INFORMATIONAL,
    "informational": Severity.INFORMATIONAL,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}


def severity(event: Event) -> Severity:
    """Return how grave an event is: as its kind, as another tool said of its finding, or as its outcome."""
    said = event.detail.get("severity")
    if isinstance(said, str) and event.outcome is not Outcome.CLEARED:
        return _IMPORTED.get(said, Severity.INFORMATIONAL)
    return _BY_KIND.get(event.kind, _BY_OUTCOME[event.outcome])


def uid(source: Source, entry: Entry) -> str:
    """Return an entry's id: the same at every delivery, another for every entry of every ledger."""
    return f"{source.ledger}/{entry.index}"


def title(event: Event) -> str:
    """Return a kind and its outcome as words: `gateway request refused: denied`."""
    return f"{event.kind.replace('.', ' ')}: {event.outcome.value}"


def fields(entry: Entry) -> dict[str, int | str]:
    """Return everything that an entry says, flat: the parts of its event, then its detail as `detail.FIELD`."""
    event = entry.event
    parts: dict[str, int | str] = {
        "entry": entry.index,
        "segment": entry.segment,
        "sequence": entry.sequence,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "subject": event.subject,
        "outcome": event.outcome.value,
        "control": event.control,
    }
    return parts | {f"detail.{field}": value for field, value in event.detail.items()}
