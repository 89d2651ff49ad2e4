"""Taking the bodies of expired entries out of the tree, range by range; their hashes stay, so that every proof still holds.

Rules of this file: everything happens inside the caller's transaction, the event that says what is gone with it. Only what
a signed tree covers is pruned, from the oldest entry on, up to the first that has not expired; a range that lost its
requests loses the rest as a whole once all of it has expired. The newest block of 256 entries is never touched.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.ledger.block import ENTRIES, summarize
from bartizan.ledger.database import ENTRIES_FROM
from bartizan.ledger.entry import ORIGIN, entries_in
from bartizan.ledger.grammar import columns
from bartizan.ledger.pruned import SPAN, Range, Tier, digest
from bartizan.ledger.segment import BETWEEN

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
        if retention.others:
            aged = self._aged(now - retention.others)
            if aged is not None:
                return self._prune(aged.first, aged.end, Tier.ALL)
        first = max((one.end for one in self._ranges.values()), default=0)
        end = self._expired(first, min(first + SPAN, signed // ENTRIES * ENTRIES), now - keep)
        return self._prune(first, end, tier) if end > first else None

    def _aged(self, before: int) -> Range | None:
        """Return a range that lost its requests alone, all of which was said before an instant."""
        for one in self._ranges.values():
            if one.tier is Tier.REQUESTS:
                return one if self._expired(one.first, one.end, before) == one.end else None
        return None

    def _expired(self, first: int, end: int, before: int) -> int:
        """Return the index of the first entry that was not said before an instant."""
        for number, entries in self._runs(first, end):
            present = [
                at
                for at, entry in enumerate(entries, number)
                if len(entry) > ORIGIN.size and first <= at < end
            ]
            instants = columns([entries[at - number][ORIGIN.size :] for at in present]).at
            for at, instant in zip(present, instants, strict=True):
                if instant >= before:
                    return at
        return end

    def _prune(self, first: int, end: int, tier: Tier) -> Range:
        gone: list[int] = []
        for number, entries in list(self._runs(first, end)):
            kept = [
                self._kept(entry, tier) if first <= at < end else entry
                for at, entry in enumerate(entries, number)
            ]
            gone += [
                at for at, entry in enumerate(kept, number) if len(entry) == ORIGIN.size and first <= at < end
            ]
            if kept != entries:
                run = kept[0][: ORIGIN.size] + BETWEEN.join(entry[ORIGIN.size :] for entry in kept)
                self._connection.execute("UPDATE entries SET entry = ? WHERE number = ?", (run, number))
        for block in range(first // ENTRIES, -(-end // ENTRIES)):
            self._summarize(block)
        pruned = Range(first, end, len(gone), digest(first, end, gone), tier)
        self._ranges[first] = pruned
        return pruned

    def _kept(self, entry: bytes, tier: Tier) -> bytes:
        body = entry[ORIGIN.size :]
        if not body:
            return entry
        kind = columns([body]).kind[0].decode()
        return entry[: ORIGIN.size] if tier.takes(kind) else entry

    def _summarize(self, block: int) -> None:
        """Make the summary of a block anew, from what is left of it."""
        start = block * ENTRIES
        left = [
            entry[ORIGIN.size :]
            for _, entries in self._runs(start, start + ENTRIES)
            for entry in entries
            if len(entry) > ORIGIN.size
        ]
        self._connection.execute("DELETE FROM blocks WHERE number = ?", (block,))
        if left:
            made = summarize(block, columns(left))
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
