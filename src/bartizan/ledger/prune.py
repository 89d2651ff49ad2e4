"""Taking the bodies of expired entries out of the tree, range by range; their hashes stay, so that every proof still holds.

Rules of this file: everything happens inside the caller's transaction, the event that says what is gone with it. Only what
a signed tree covers is pruned, from the oldest entry on, up to the first that has not expired; a range that lost its
requests loses the rest as a whole once all of it has expired. The newest block of 256 entries is never touched. A body that
somebody else took out is never said to be pruned, and what is no event any more is left for `verify` to find.
An instant that is yet to come, of a clock that was wrong or a writer gone bad, says nothing: what follows it decides.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.ledger.block import ENTRIES, summarize
from bartizan.ledger.database import ENTRIES_FROM
from bartizan.ledger.entry import ORIGIN, entries_in
from bartizan.ledger.grammar import columns
from bartizan.ledger.pruned import SPAN, Range, Tier, digest
from bartizan.ledger.segment import BETWEEN

BEGINS_AFTER: Final = Nanoseconds(600 * SECOND)
"""How long after a start: a machine that starts with a wrong clock is set right meanwhile."""
_MOST: Final = 2**63 - 1


class Retention(msgspec.Struct, frozen=True):
    """How long bodies are kept.

    Attributes:
        requests: of requests, nanoseconds; 0 keeps them for ever.
        others: of everything else, but for what the ledger says of itself.
    """

    requests: Nanoseconds = Nanoseconds(0)
    others: Nanoseconds = Nanoseconds(0)


class Pruner:
    """Prunes one database, a range at a time.

    Args:
        connection: to it.
        ranges: first entry -> what was last said of each range.
    """

    def __init__(self, connection: sqlite3.Connection, ranges: dict[int, Range]) -> None:
        """Go on where earlier pruning ended."""
        self._connection, self._ranges = connection, dict(ranges)

    def next(self, retention: Retention, now: Nanoseconds, signed: int) -> Range | None:
        """Prune the next range that has something expired; return it, or None where there is none.

        Args:
            retention: how long bodies are kept.
            now: the instant.
            signed: entries that a checkpoint covers.
        """
        tier = Tier.REQUESTS if retention.requests else Tier.ALL
        keep = retention.requests or retention.others
        if not keep:
            return None
        most = signed // ENTRIES * ENTRIES
        if retention.others:
            aged = self._aged(_Age(now - retention.others, now, most))
            if aged is not None:
                return self._prune(aged.first, aged.end, Tier.ALL)
        first = max((one.end for one in self._ranges.values()), default=0)
        end = self._expired(first, min(first + SPAN, most), _Age(now - keep, now, most))
        return self._prune(first, end, tier) if end > first else None

    def again(self, one: Range) -> None:
        """Take out what was pruned of a range before and is here again."""
        self._prune(one.first, one.end, one.tier)

    def _aged(self, age: "_Age") -> Range | None:
        """Return a range that lost its requests alone, all of which has expired."""
        for one in self._ranges.values():
            if one.tier is Tier.REQUESTS:
                return one if self._expired(one.first, one.end, age) == one.end else None
        return None

    def _expired(self, first: int, end: int, age: "_Age") -> int:
        """Return the index of the first entry that has not expired, or the end."""
        doubtful = None
        for at, instant in self._instants(first, age.most):
            if at >= end and doubtful is None:
                return end
            if instant > age.now:
                doubtful = at if doubtful is None else doubtful
            elif instant >= age.before:
                return min(at if doubtful is None else doubtful, end)
            else:
                doubtful = None
        return end if doubtful is None else min(doubtful, end)

    def _instants(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield index and instant of the events that are there."""
        for number, entries in self._runs(first, end):
            present = [
                (at, entry[ORIGIN.size :])
                for at, entry in enumerate(entries, number)
                if len(entry) > ORIGIN.size and first <= at < end
            ]
            instants = columns([body for _, body in present]).at
            if len(instants) == len(present):
                yield from ((at, instant) for (at, _), instant in zip(present, instants, strict=True))
            else:
                yield from ((at, instant) for at, body in present for instant in columns([body]).at)

    def _prune(self, first: int, end: int, tier: Tier) -> Range:
        before, taken = list[int](), list[int]()
        for number, entries in list(self._runs(first, end)):
            inside = [at for at in range(number, number + len(entries)) if first <= at < end]
            kept = list(entries)
            for at in inside:
                kept[at - number] = self._kept(entries[at - number], tier)
            before += [at for at in inside if len(entries[at - number]) == ORIGIN.size]
            taken += [at for at in inside if kept[at - number] != entries[at - number]]
            if kept != entries:
                run = kept[0][: ORIGIN.size] + BETWEEN.join(entry[ORIGIN.size :] for entry in kept)
                self._connection.execute("UPDATE entries SET entry = ? WHERE number = ?", (run, number))
        for block in range(first // ENTRIES, -(-end // ENTRIES)):
            self._summarize(block)
        gone = sorted([*self._pruned_before(first, end, before), *taken])
        pruned = Range(first, end, len(gone), digest(first, end, gone), tier)
        self._ranges[first] = pruned
        return pruned

    def _pruned_before(self, first: int, end: int, gone: list[int]) -> list[int]:
        """Return those of a range that are gone if they are what was said to be; none where somebody took out others."""
        said = self._ranges.get(first)
        return gone if said is not None and digest(first, end, gone) == said.digest else []

    def _kept(self, entry: bytes, tier: Tier) -> bytes:
        """Return an entry, or its origin alone where the tier takes it."""
        kinds = columns([entry[ORIGIN.size :]]).kind
        return entry[: ORIGIN.size] if kinds and tier.takes(kinds[0].decode()) else entry

    def _summarize(self, block: int) -> None:
        """Make the summary of a block anew, from what is left of it."""
        start = block * ENTRIES
        left = [
            entry[ORIGIN.size :]
            for _, entries in self._runs(start, start + ENTRIES)
            for entry in entries
            if len(entry) > ORIGIN.size
        ]
        events = columns(left)
        if len(events) < len(left):
            events = columns([body for body in left if columns([body])])
        self._connection.execute("DELETE FROM blocks WHERE number = ?", (block,))
        if events:
            made = summarize(block, events)
            self._connection.execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?)", (made.number, made.least, made.most, made.terms)
            )

    def _runs(self, first: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the rows that hold some of these entries, as index of the first and entries."""
        rows = self._connection.execute(
            f"{ENTRIES_FROM} AND number < ? ORDER BY number", (first // ENTRIES * ENTRIES, min(end, _MOST))
        )
        for number, run in rows:
            entries = entries_in(run)
            if number + len(entries) > first:
                yield number, entries


class _Age(msgspec.Struct, frozen=True):
    """What has expired: said before an instant, as of now; `most` entries may be looked at."""

    before: int
    now: int
    most: int
