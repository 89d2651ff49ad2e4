"""The watch over the platform's own sign-ins: follows the record, and has what it finds recorded and answered.

Rules of this file: what is watched is the record itself, in the order of the tree, from four weeks back at every start, so
that what is known of everybody is rebuilt and kept nowhere else. What was told before is not told again: an alert carries the
index of the entry that gave rise to it. A ledger that cannot be read for a moment is read later; nothing waits for this.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
from sqlalchemy.exc import OperationalError

from bartizan.access.controls import login_anomaly
from bartizan.access.signin.fold import Fold
from bartizan.access.signin.suspicion import Suspicion
from bartizan.admin.signins import Standing
from bartizan.app.entry import Entry
from bartizan.app.signin_events import REFUSED, WANTED, signin
from bartizan.clock import DAY, MINUTE, SECOND, Clock, Nanoseconds
from bartizan.control import Severity
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.entry import Entry as Written
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.ledger.query import Query, find, query, size_of

FLAGGED: Final = "access.login.flagged"
CLEARED: Final = "access.login.cleared"
BACK: Final = Nanoseconds(28 * DAY)
"""How much of the record is folded at a start."""
HELD_FOR: Final = Nanoseconds(DAY)
"""How long an alert is held against a principal or a source."""
_PAGE: Final = 200
_MOST_TOLD: Final = 10_000
"""Alerts, and what was cleared of them, that are taken up at a start."""
_LOOK_S: Final = 1.0
_DRILL_MOST: Final = 15 * MINUTE
_DRILL_AFTER: Final = 5 * SECOND
"""For how long after its beginning, or its end, what is refused at the front door may be the drill's own."""
_PSEUDONYM: Final = re.compile(r"[pa]-[0-9a-f]{16}")
_ADDRESS: Final = re.compile(r"a-([0-9a-f]{16})")
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")

Against = Literal["principal", "source", "nobody"]


class Ports(msgspec.Struct, frozen=True):
    """What the watch needs from its process.

    Attributes:
        ledger: folder of the ledger.
        clock: tells the time.
        canonical: (pseudonym of a source) -> the one that its address prefix is best known by.
        record: writes entries to the journal.
        answer: (whom it is held against, pseudonym, until when).
        tell: (how the watch stands), once at the start and whenever an alert, the budget or learning changes it.
    """

    ledger: Path
    clock: Clock
    canonical: Callable[[str], str]
    record: Callable[[Sequence[Entry]], object]
    answer: Callable[[Against, str, Nanoseconds], None]
    tell: Callable[[Standing], None]


class SignInWatch:
    """The watch of one control process."""

    def __init__(self, ports: Ports, budget: int) -> None:
        """Know nothing yet."""
        self._ports, self._budget = ports, budget
        self._fold = Fold(budget)
        self._since = 0
        self._at = 0
        self._told = -1
        self._drill_until = 0
        self._standing: Standing | None = None

    @property
    def standing(self) -> Standing:
        """How it stands."""
        budget = self._fold.budget
        return Standing(
            budget=self._budget,
            learning=budget.day < 0 or budget.learning,
            days=self._fold.age,
            today=budget.alerts,
            withheld=budget.withheld,
            signins=self._fold.count,
            keys=self._fold.kept,
            entry=self._at,
        )

    async def keep(self) -> None:
        """Follow the record for as long as the process lives."""
        log, said = logging.getLogger("control"), False
        while True:
            try:
                behind = await self.turn()
                said = False
            except JournalUnwritable:
                return  # the process ends
            except (LedgerUnreadable, OperationalError) as fault:
                behind = False
                if not said:
                    log.warning("sign-ins are not watched meanwhile: %s", fault)
                said = True
            if not behind:
                await asyncio.sleep(_LOOK_S)

    async def turn(self) -> bool:
        """Fold what is new on record, at most a page of it; return whether there is more.

        Raises:
            LedgerUnreadable: there is none yet, or it cannot be read.
            JournalUnwritable: an alert cannot be recorded.
        """
        if not self._since:
            await self._resume()
        entries, end, more = await asyncio.to_thread(page, self._ports.ledger, self._at, self._since)
        for entry in entries:
            self._one(entry)
            self._at = entry.index + 1
        self._at = end
        if not more:
            self._tell()
        return more

    def _tell(self) -> None:
        now = self.standing
        before, self._standing = self._standing, now
        if before is None or now.differs(before):
            self._ports.tell(now)

    async def _resume(self) -> None:
        """Take up what was told before, and what still holds of it."""
        now = self._ports.clock.now()
        for each in await asyncio.to_thread(_told_before, self._ports.ledger, now - BACK):
            event = each.event
            if event.kind == FLAGGED and event.actor != "platform":
                continue  # of an imported log: nobody here
            if event.kind == FLAGGED:
                self._told = max(self._told, int(event.detail.get("entry", -1)))
            until = Nanoseconds(event.at + HELD_FOR if event.kind == FLAGGED else 0)
            against = event.detail.get("against", "principal" if event.subject.startswith("p-") else "source")
            if (until > now or not until) and against in {"principal", "source"}:
                self._ports.answer("principal" if against == "principal" else "source", event.subject, until)
        self._since = max(1, now - BACK)

    def _one(self, entry: Written) -> None:
        found = None if self._is_drill(entry) else signin(entry)
        if found is None:
            return
        if found.source:
            found = msgspec.structs.replace(found, source=self._ports.canonical(found.source))
        alerts = self._fold.step(found)
        if alerts and entry.index > self._told:
            self._told = entry.index
            self._ports.record([flagged(alert, entry.index, "platform") for alert in alerts])
            for alert in alerts:
                self._answer(alert)

    def _is_drill(self, entry: Written) -> bool:
        """Return whether an entry is of the drill's own attacks at the front door; none of them asks for tokens there."""
        event = entry.event
        if event.kind == "drill.run.started":
            self._drill_until = event.at + _DRILL_MOST
        elif event.kind == "drill.run.finished":
            self._drill_until = event.at + _DRILL_AFTER
        return event.kind == REFUSED and event.at <= self._drill_until

    def _answer(self, alert: Suspicion) -> None:
        whom = against(alert)
        until = Nanoseconds(alert.at + HELD_FOR)
        if whom != "nobody" and until > self._ports.clock.now():
            self._ports.answer(whom, alert.about, until)


def _told_before(ledger: Path, since: int) -> list[Written]:
    """Return what was told and cleared, in the order of the record: of each kind by itself, as strangers fill its neighbours."""
    found = (
        each
        for kind in (FLAGGED, CLEARED)
        for each in query(ledger, Query(kind=kind, since=since, last=True, limit=_MOST_TOLD))
    )
    return sorted(found, key=lambda each: each.index)


def page(ledger: Path, first: int, since: int) -> tuple[list[Written], int, bool]:
    """Return the next sign-ins on record, the index from which to go on, and whether there are more.

    Args:
        ledger: its folder.
        first: index of the first entry that is looked at.
        since: instant before which entries do not count, UTC nanoseconds.
    Raises:
        LedgerUnreadable: there is none, or it cannot be read.
    """
    with reading(ledger) as connection:
        size = size_of(connection)
        found = [
            find(connection, ledger, msgspec.structs.replace(each, first=first, since=since, limit=_PAGE))
            for each in WANTED
        ]
    full = [each[-1].index + 1 for each in found if len(each) == _PAGE]
    end = min([max(size, first), *full])
    return (
        sorted((e for each in found for e in each if e.index < end), key=lambda e: e.index),
        end,
        bool(full),
    )


def against(alert: Suspicion) -> Against:
    """Return what an alert is held against: never a principal, unless its own credential was used."""
    if _PSEUDONYM.fullmatch(alert.about) is None:
        return "nobody"
    if alert.held and alert.about == alert.principal:
        return "principal" if alert.severity is not Severity.LOW else "nobody"
    return "source" if alert.about == alert.source else "nobody"


def flagged(alert: Suspicion, entry: int, actor: str) -> Entry:
    """Return the event of an alert.

    Args:
        alert: what it says.
        entry: index of the entry that gave rise to it; for an imported sign-in, its place in the import.
        actor: `platform`, or `owner` for what its command imported.
    """
    detail: dict[str, int | str] = {
        "kind": alert.kind.value,
        "origin": alert.origin,
        "severity": alert.severity.value,
        "against": against(alert),
        "entry": entry,
    }
    source = _ADDRESS.fullmatch(alert.source)
    if source is not None:
        detail["source"] = source[1]
    named = _PSEUDONYM.fullmatch(alert.about) or _NAME.fullmatch(alert.about)
    subject = alert.about if named else alert.origin
    return Entry(FLAGGED, actor, subject, Outcome.FOUND, login_anomaly.CONTROL.id, detail)
