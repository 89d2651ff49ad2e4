"""The record: one function a route.

Rules of this file: the record is read beside the loop, and by a few at a time: whoever asks for much waits, and nobody else
does.
"""

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from bartizan.admin import record as table
from bartizan.admin.forms import Page
from bartizan.admin.record import Asked, AskedOfFindings, Recorded, Report, Sequences, Tree
from bartizan.admin.route import Nothing
from bartizan.app.admin.cursor import Cursors
from bartizan.app.admin.faults import EntryGone
from bartizan.app.control import Registrar
from bartizan.app.entry import Entry
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.ledger.entry import Entry as Stored
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import EVER, Query, query, size

_AT_ONCE: Final = 2
_LONGEST: Final = 64 * 1024


class Record:
    """The record over HTTP."""

    def __init__(self, registrar: Registrar, ledger: Path, cursors: Cursors) -> None:
        """Take who records, and where the ledger is."""
        self._registrar, self._ledger, self._cursors = registrar, ledger, cursors
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            done(table.FINDINGS, self.findings),
            done(table.ENTRIES, self.entries),
            done(table.ENTRY, self.entry),
            done(table.TREE, self.tree),
            shown(table.REPORT, self.report),
        )

    async def findings(self, call: Call[Nothing, AskedOfFindings]) -> Page[Recorded]:
        """Return a page of what was found."""
        said = call.query
        wanted = Query(
            since=said.since, kind=said.kind or "", control=said.control or "", outcome=Outcome.FOUND
        )
        return await self._page(table.FINDINGS.name, said, wanted)

    async def entries(self, call: Call[Nothing, Asked]) -> Page[Recorded]:
        """Return a page of entries."""
        said = call.query
        wanted = Query(
            since=said.since,
            kind=said.kind or "",
            actor=said.actor or "",
            subject=said.subject or "",
            control=said.control or "",
            outcome=said.outcome,
        )
        return await self._page(table.ENTRIES.name, said, wanted)

    async def entry(self, call: Call[Nothing, Nothing]) -> Recorded:
        """Return one entry."""
        number = int(call.segments["entry"])
        found = await self._found(Query(first=number, limit=1))
        if not found or found[0].index != number:
            raise EntryGone
        return _recorded(found[0])

    async def tree(self, _: Call[Nothing, Nothing]) -> Tree:
        """Return the latest checkpoint."""
        async with self._turn:
            return await asyncio.to_thread(self._tree)

    def report(self, call: Call[Report, Nothing]) -> Sequences:
        """Put on record what the owner's command did."""
        entries = [
            Entry(each.kind, call.caller.actor, each.subject, each.outcome, each.control, each.detail)
            for each in call.body.events
        ]
        return Sequences(*self._registrar.report(entries))

    async def _page(self, route: str, said: Asked | AskedOfFindings, wanted: Query) -> Page[Recorded]:
        question = route + msgspec.json.encode(msgspec.structs.replace(said, cursor=None, limit=1)).decode()
        after = self._cursors.open(question, said.cursor)
        found = await self._found(
            msgspec.structs.replace(
                wanted,
                until=EVER if said.until is None else said.until,
                first=int(after) + 1 if after else 0,
                limit=said.limit + 1,
            )
        )
        return self._cursors.cut(
            question, tuple(map(_recorded, found)), said.limit, lambda each: str(each.entry)
        )

    async def _found(self, wanted: Query) -> tuple[Stored, ...]:
        async with self._turn:
            return await asyncio.to_thread(query, self._ledger, wanted)

    def _tree(self) -> Tree:
        try:
            with (self._ledger / "checkpoint").open("rb") as file:
                note = file.read(_LONGEST).decode()
        except FileNotFoundError:
            raise EntryGone from None
        return Tree(size(self._ledger), note)


def _recorded(entry: Stored) -> Recorded:
    event = entry.event
    return Recorded(
        entry.index,
        event.at,
        event.kind,
        event.actor,
        event.subject,
        event.outcome,
        event.control,
        event.detail,
    )
