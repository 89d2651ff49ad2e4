"""Questions to the record: which entries, by time, kind, actor, subject, outcome and control.

Rules of this file: read-only. Blocks choose where to look; what an entry says is always read from its body,
so that a doctored block can hide entries, which `ledger verify` finds, but never show a wrong one.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.block import ENTRIES, term
from bartizan.ledger.database import BLOCKS_FROM, ENTRIES_FROM, FILE, LedgerUnreadable, reading
from bartizan.ledger.entry import ORIGIN, Entry, decode_entry, entries_in
from bartizan.ledger.event import Event, NotAnEvent, Outcome
from bartizan.ledger.pruned import KIND as PRUNED
from bartizan.ledger.pruned import Range, latest, range_of

MOST: Final = 100_000
"""Entries that one query returns at most."""
EVER: Final = 2**63 - 1
"""No bound to the time: also the last instant that an event can have, so that nobody hides there."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """What an entry says, read quickly: its parts are as in `Event`, and as somebody wrote them; verify looks closer."""

    at: int
    kind: str
    actor: str
    subject: str
    outcome: Outcome
    control: str
    detail: dict[str, int | str]


_SAID: Final = msgspec.json.Decoder(Said)


class Query(msgspec.Struct, frozen=True):
    """What is asked; every part that is given must fit.

    Attributes:
        since, until: instants, UTC nanoseconds: since <= at < until, or all that comes after `since` with `EVER`.
        kind: a kind, or what kinds begin with, up to a dot: `gateway` or `gateway.request`.
        actor, subject, control: as in the event.
        outcome: what came of it.
        first: index of the first entry that may be returned.
        last: whether the newest entries are wanted where there are more than `limit`; they still come in order.
        limit: how many entries, at most `MOST`.
    """

    since: int = 0
    until: int = EVER
    kind: str = ""
    actor: str = ""
    subject: str = ""
    control: str = ""
    outcome: Outcome | None = None
    first: int = 0
    last: bool = False
    limit: int = 1000

    def matches(self, event: Event | Said) -> bool:
        """Return whether an event is among what is asked for."""
        return (
            self.since <= event.at
            and (event.at < self.until or self.until >= EVER)
            and (not self.kind or event.kind == self.kind or event.kind.startswith(f"{self.kind}."))
            and self.actor in {"", event.actor}
            and self.subject in {"", event.subject}
            and self.control in {"", event.control}
            and self.outcome in {None, event.outcome}
        )


def query(folder: Path, asked: Query) -> tuple[Entry, ...]:
    """Return the entries that are asked for, in the order of the tree.

    Args:
        folder: of the ledger.
        asked: which.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged; verify says where.
    """
    with reading(folder) as connection:
        return find(connection, folder, asked)


def every(folder: Path, kind: str) -> Iterator[tuple[int, Event]]:
    """Yield number and event of every entry of a kind, in the order of the tree; of a ledger that is not there, none.

    Args:
        folder: of the ledger.
        kind: of the events.
    Raises:
        LedgerUnreadable: it is damaged; verify says where.
    """
    if not (folder / FILE).exists():
        return
    asked = Query(kind=kind, limit=MOST)
    while found := query(folder, asked):
        yield from ((entry.index, entry.event) for entry in found)
        asked = Query(kind=kind, limit=MOST, first=found[-1].index + 1)


def find(connection: sqlite3.Connection, folder: Path, asked: Query) -> tuple[Entry, ...]:
    """Return what `query` does, of a ledger that is open already."""
    limit = max(0, min(asked.limit, MOST))
    found: list[Entry] = []
    for first, end in places(connection, asked):
        if len(found) >= limit:
            break
        part = _entries(connection, folder, asked, (max(first, asked.first), end), limit - len(found))
        found = [*part, *found] if asked.last else [*found, *part]
    return tuple(found)


def events(connection: sqlite3.Connection, folder: Path, asked: Query) -> Iterator[Said]:
    """Yield what all the entries say that fit, in the order of the tree; `last` and `limit` mean nothing here.

    Raises:
        LedgerUnreadable: an entry is not an event.
    """
    return (said for _, said in numbered(connection, folder, asked))


def numbered(connection: sqlite3.Connection, folder: Path, asked: Query) -> Iterator[tuple[int, Said]]:
    """Yield what `events` does, and before it the number of the entry; raises as `events`."""
    texts = _texts(asked)
    for first, end in places(connection, msgspec.structs.replace(asked, last=False)):
        rows = connection.execute(f"{ENTRIES_FROM} AND number < ? ORDER BY number", (first, end))
        for start, run in rows:
            for number, octets in enumerate(entries_in(run), start):
                if not max(first, asked.first) <= number < end or len(octets) <= ORIGIN.size:
                    continue
                if all(text in octets for text in texts):
                    said = _said(folder, number, octets)
                    if asked.matches(said):
                        yield number, said


def _said(folder: Path, number: int, octets: bytes) -> Said:
    try:
        return _SAID.decode(octets[ORIGIN.size :])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise LedgerUnreadable(folder, f"entry {number} is not an event") from fault


def pruned(connection: sqlite3.Connection, folder: Path) -> dict[int, Range]:
    """Return first entry -> what was last said of each range of which something was pruned.

    Raises:
        LedgerUnreadable: the ledger is damaged; verify says where.
    """
    found: dict[int, Range] = {}
    first = 0
    while said := find(connection, folder, Query(kind=PRUNED, first=first, limit=MOST)):
        ranges = (range_of(entry) for entry in said)
        found |= latest(one for one in ranges if one is not None)
        first = said[-1].index + 1
    return found


def size(folder: Path) -> int:
    """Return how many entries the tree has.

    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    with reading(folder) as connection:
        return size_of(connection)


def size_of(connection: sqlite3.Connection) -> int:
    """Return what `size` does, of a ledger that is open already."""
    last = connection.execute(f"{ENTRIES_FROM} ORDER BY number DESC LIMIT 1", (0,)).fetchone()
    return int(last[0]) + len(entries_in(last[1])) if last else 0


def places(connection: sqlite3.Connection, asked: Query) -> Iterator[tuple[int, int]]:
    """Yield the ranges of entries that may hold what is asked for, in the order in which to look."""
    size = size_of(connection)
    tail = (size // ENTRIES * ENTRIES, size)
    if asked.last:
        yield tail
    fields = ("kind", "actor", "subject", "control")
    given = [(field, value) for field in fields if (value := str(getattr(asked, field)))]
    terms = "".join(" AND instr(terms, ?) > 0" for _ in given)
    rows = connection.execute(
        f"{BLOCKS_FROM} AND most >= ? AND (least < ? OR ?) {terms} "
        f"ORDER BY number {'DESC' if asked.last else 'ASC'}",
        (
            asked.first // ENTRIES,
            asked.since,
            min(asked.until, EVER),
            asked.until >= EVER,
            *(term(*pair) for pair in given),
        ),
    )
    for number, *_ in rows:
        yield number * ENTRIES, min((number + 1) * ENTRIES, tail[0])
    if not asked.last:
        yield tail


def _entries(
    connection: sqlite3.Connection, folder: Path, asked: Query, span: tuple[int, int], most: int
) -> list[Entry]:
    texts = _texts(asked)
    rows = connection.execute(
        f"{ENTRIES_FROM} AND number < ? {' AND instr(entry, ?) > 0' * len(texts)} "
        f"ORDER BY number {'DESC' if asked.last else 'ASC'}",
        (span[0] // ENTRIES * ENTRIES, span[1], *texts),
    )
    found: list[Entry] = []
    for first, run in rows:
        numbered = [pair for pair in enumerate(entries_in(run), first) if span[0] <= pair[0] < span[1]]
        for number, octets in reversed(numbered) if asked.last else numbered:
            if len(octets) <= ORIGIN.size or any(text not in octets for text in texts):
                continue  # nothing is left of it, or it cannot be meant
            entry = _decoded(folder, number, octets)
            if asked.matches(entry.event):
                found.append(entry)
            if len(found) >= most:
                return found[::-1] if asked.last else found
    return found[::-1] if asked.last else found


def _texts(asked: Query) -> list[bytes]:
    """Return octets that every entry has which fits: canonical JSON holds no quotation mark inside a value."""
    wanted = [
        f'"{field}":"{value}"'
        for field in ("actor", "subject", "control")
        if (value := getattr(asked, field))
    ]
    wanted += [f'"kind":"{asked.kind}'] if asked.kind else []
    wanted += [f'"outcome":"{asked.outcome.value}"'] if asked.outcome else []
    return [text.encode(errors="surrogatepass") for text in wanted]


def _decoded(folder: Path, number: int, octets: bytes) -> Entry:
    try:
        return decode_entry(number, octets)
    except NotAnEvent as fault:
        raise LedgerUnreadable(folder, f"entry {number} is not an event") from fault
