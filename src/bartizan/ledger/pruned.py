"""What was pruned: which entries lost their bodies on purpose, as an event of the record says.

    ledger.entries.pruned   first and end of a range of entries, how many of them are gone, which, and up to which tier

Rules of this file: pure, but for one look into a database. A range is pruned once for each tier, each time whole, and
the latest event about it counts; ranges do not lie over one another. Only the sealer's own word counts: a writer gone bad
can put the same event into its segment. Which entries are gone is said by the digest of a
row of bits, one an entry, so that nothing can be taken out beside them unseen. Hashes of entries are never pruned.
"""

import enum
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.ledger.entry import OWN_SEGMENT, Entry

KIND: Final = "ledger.entries.pruned"
"""Kind of the events."""
SPAN: Final = 65_536
"""Entries of one range at most."""
REQUESTS: Final = frozenset(
    {"gateway.request.admitted", "gateway.request.completed", "gateway.request.refused"}
)
"""Kinds of the first tier: nearly all that there is."""
_FOREVER: Final = ("ledger.", "supply.")
"""What kinds begin with that are never pruned: without them nobody could tell what was, or where a model comes from."""
_BITS: Final = 8


class Tier(enum.Enum):
    """How much of a range may be gone."""

    REQUESTS = "requests"
    ALL = "all"

    def takes(self, kind: str) -> bool:
        """Return whether events of a kind are pruned with this tier."""
        return kind in REQUESTS if self is Tier.REQUESTS else not kind.startswith(_FOREVER)


class Range(msgspec.Struct, frozen=True):
    """A range that was pruned.

    Attributes:
        first, end: its entries: first <= index < end.
        gone: how many have no body any more.
        digest: of the row of bits, hexadecimal.
        tier: how much it was to take.
        index: of the event that says so; -1 where it is not in the tree yet.
    """

    first: int
    end: int
    gone: int
    digest: str
    tier: Tier
    index: int = -1

    @property
    def detail(self) -> dict[str, int | str]:
        """The event's detail."""
        return {
            "first": self.first,
            "end": self.end,
            "gone": self.gone,
            "digest": self.digest,
            "tier": self.tier.value,
        }


def range_of(entry: Entry) -> Range | None:
    """Return the range of an event of `KIND`; None where it is not the sealer's, or names none that can be."""
    index, detail = entry.index, entry.event.detail
    first, end, gone = (detail.get(field) for field in ("first", "end", "gone"))
    if entry.segment != OWN_SEGMENT:
        return None
    if not (isinstance(first, int) and isinstance(end, int) and isinstance(gone, int)):
        return None
    if not (0 <= first < end <= min(index, first + SPAN)) or "tier" not in detail:
        return None
    return Range(first, end, gone, str(detail.get("digest", "")), Tier(detail["tier"]), index)


def latest(ranges: Iterable[Range]) -> dict[int, Range]:
    """Return first entry -> the latest that was said of the range, of ranges in the order of the tree."""
    return {one.first: one for one in ranges}


def digest(first: int, end: int, gone: Collection[int]) -> str:
    """Return the digest of a row of bits, one for each entry from `first` to `end`: 1 where it is gone.

    Args:
        first, end: of the range.
        gone: indices of those within it that are.
    """
    bits = bytearray(-(-(end - first) // _BITS))
    for index in gone:
        at, bit = divmod(index - first, _BITS)
        bits[at] |= 1 << bit
    return sha256(bits).hexdigest()
