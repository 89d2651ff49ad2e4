"""Importing sign-ins of foreign logs: read, made pseudonymous, folded, and what they show put on record.

Rules of this file: a line is known by its id, or by its octets, so that the same log may be imported again, and a longer
one; only what is new gives rise to alerts. What cannot be read is counted. A good sign-in that is like one of the same hour
counts once. Who is refused under a name that never signed in well is nobody. A line from the future is unreadable: it would
make everything that is known old.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bartizan.access.signin.fold import Fold
from bartizan.access.signin.logs import READERS
from bartizan.access.signin.logs.told import LONGEST, LineUnreadable, Reader, Told, lines
from bartizan.access.signin.subject import GUESSES, Act, Reason, SignIn
from bartizan.access.signin.suspicion import Suspicion
from bartizan.app.entry import Entry
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.app.signin_store import Store, opened
from bartizan.app.signin_watch import flagged
from bartizan.clock import DAY, MINUTE, Nanoseconds, SystemClock
from bartizan.config import read_octets
from bartizan.identity.pseudonym import prefix
from bartizan.ledger.own import own_segment

LARGEST: Final = 512 << 20
"""Octets of one file."""
MOST: Final = 500_000
"""Sign-ins of one file."""
_HOUR: Final = 60 * MINUTE
_AT_ONCE: Final = 500
_DIGEST: Final = 16


class TooMany(ValueError):
    """A log with more sign-ins than one import takes."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(f"the log has more than {MOST} sign-ins; split it, oldest part first")


class Brought(msgspec.Struct, frozen=True):
    """What came of an import.

    Attributes:
        origin: what the log is called.
        signins: that it tells of; new: of these, those that were not known.
        other: lines that tell of no sign-in; unreadable: lines that are not of its format.
        learning: whether more days are needed before habits can be told from news.
        alerts: what the new ones gave rise to.
    """

    origin: str
    signins: int
    new: int
    other: int
    unreadable: int
    learning: bool
    alerts: tuple[Suspicion, ...]


def bring(file: Path, form: str, origin: str, folder: Folder, budget: int) -> Brought:
    """Import a log; return what came of it.

    Args:
        file: the log.
        form: a key of `READERS`.
        origin: what it is called from now on; each has its own habits and its own budget.
        folder: the state folder.
        budget: alerts that a day is to have.
    Raises:
        ConfigurationUnreadable: the file cannot be read.
        TooMany: it is too long.
        SignInsUnreadable, OwnerRefused, PlatformRunning, LedgerUnreadable: what comes of it cannot be kept.
    """
    told, counted = read(read_octets(file, LARGEST), form, SystemClock().now())
    folder.make()
    with opened(folder.signins) as store:
        fresh = {key for key, one in told if store.add(key, _pseudonymous(store, one, origin))}
        store.prune(origin)
        fold, alerts = Fold(budget), list[Suspicion]()
        for key, signin in store.signins(origin):
            found = fold.step(signin)
            if key in fresh:
                alerts.extend(found)
        _record(folder, [flagged(alert, 0, "owner") for alert in alerts])
    return Brought(
        origin,
        len(told),
        len(fresh),
        counted["other"],
        counted["unreadable"],
        fold.budget.day < 0 or fold.budget.learning,
        tuple(alerts),
    )


def read(octets: bytes, form: str, now: Nanoseconds) -> tuple[Sequence[tuple[bytes, Told]], Counter[str]]:
    """Return what a log tells, in order of time, each with its key; and how many lines told nothing, by why.

    Args:
        octets: the log.
        form: a key of `READERS`.
        now: instant; what is a day later cannot have happened.
    Raises:
        TooMany: it tells of more than `MOST` sign-ins.
    """
    reader, counted = READERS[form], Counter[str]()
    found: dict[bytes, Told] = {}
    for line in lines(octets):
        try:
            told = _read(reader, line, now)
        except LineUnreadable:
            counted["unreadable"] += 1
            continue
        if told is None:
            counted["other"] += 1
            continue
        found[_key(told, line)] = told
        if len(found) > MOST:
            raise TooMany
    return sorted(found.items(), key=lambda item: (item[1].at, item[0])), counted


def _read(reader: Reader, line: bytes, now: Nanoseconds) -> Told | None:
    told = reader.read(line) if len(line) <= LONGEST else None
    if len(line) > LONGEST or (told is not None and told.at > now + DAY):
        raise LineUnreadable
    return told


def _key(told: Told, line: bytes) -> bytes:
    """Return by what a sign-in is known again: the hour for those of which one an hour is enough."""
    if told.reason is Reason.NONE and told.act is not Act.CONSENT:
        alike = (told.at // _HOUR, told.act.value, told.principal, told.address, told.client, told.device,
                 told.place, told.session)  # fmt: skip
        return _digest(msgspec.msgpack.encode(alike))
    return _digest(b"\x00" + told.id.encode("utf-8", "surrogatepass") if told.id else b"\x01" + line)


def _digest(octets: bytes) -> bytes:
    return hashlib.blake2b(octets, digest_size=_DIGEST).digest()


def _pseudonymous(store: Store, told: Told, origin: str) -> SignIn:
    good = told.reason is Reason.NONE
    principal = store.pseudonym(origin, "p", told.principal, new=good)
    reason = told.reason
    if reason in GUESSES and not principal:
        reason = Reason.PRINCIPAL_UNKNOWN
    return SignIn(
        told.at,
        origin,
        told.act,
        reason,
        told.credential,
        principal,
        store.pseudonym(origin, "a", prefix(told.address) if told.address else ""),
        store.pseudonym(origin, "c", told.client, new=good),
        store.pseudonym(origin, "d", told.device, new=good),
        store.pseudonym(origin, "l", told.place),
        store.pseudonym(origin, "s", told.session, new=good),
        told.grave,
    )


def _record(folder: Folder, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    if folder.holder() is None:
        with folder.locked(), own_segment(folder.root, SystemClock()) as journal:
            for each in entries:
                journal.record(each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
            journal.flush()
        return
    owner = Owner(folder)
    for part in _parts(entries):
        owner.report(
            [
                {
                    "kind": each.kind,
                    "subject": each.subject,
                    "outcome": each.outcome.value,
                    "control": each.control,
                    "detail": each.detail,
                }
                for each in part
            ]
        )


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for at in range(0, len(entries), _AT_ONCE):
        yield entries[at : at + _AT_ONCE]
