"""Evidence: what the guard found, kept sealed for a while, opened by somebody who may and for a purpose, on record each time.

Rules of this file: a piece is kept only together with its event, and an event of an opening is written before anything is
opened: what cannot be recorded is not done. Who opens gets what was sealed about this request and no other. What has had
its time is gone, and that is on record too. The private key is read when something is opened, and not kept.
Nothing here knows HTTP.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bartizan.app.entry import Entry
from bartizan.app.evidence_messages import EvidenceSealed
from bartizan.app.evidence_store import (
    EVIDENCE,
    METADATA,
    Kept,
    add,
    expired,
    find,
    several,
    take_out,
)
from bartizan.app.folder import Folder
from bartizan.clock import MINUTE, SECOND, Clock, Nanoseconds
from bartizan.crypto.keyring import KeyUnreadable, load_or_create
from bartizan.crypto.sealing import KeyMisshapen, SealBroken, SealingKey, new_key
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.store.engine import forget_log, open_store
from bartizan.threats.excerpt import Excerpt, ExcerptsUnreadable, decoded

_LOOK_S: Final = 5.0
_AT_ONCE: Final = 128
"""Pieces that are erased in one."""
_LATE: Final = Nanoseconds(10 * MINUTE)
"""How long a piece may have been on its way."""
_AHEAD: Final = Nanoseconds(5 * SECOND)
"""By how much a worker's clock may be ahead."""


class EvidenceUnknown(LookupError):
    """There is no such piece, or no longer."""

    reason = "evidence-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no such evidence, or its time is over; see `bartizan evidence list`")


class EvidenceAltered(Exception):
    """A piece that is not what was sealed."""

    reason = "evidence-altered"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "this evidence is not what was sealed, or its key is gone: somebody changed evidence.db or keys/evidence.key; "
            "compare with `bartizan ledger query --kind threats.evidence`"
        )


class Opened(msgspec.Struct, frozen=True):
    """A piece that was opened: what it is, and the excerpts in it, which never show themselves."""

    kept: Kept
    excerpts: tuple[Excerpt, ...]


class Ports(msgspec.Struct, frozen=True):
    """What this needs from its process.

    Attributes:
        store: of its own, opened.
        key: reads the private key. Raises KeyExposed, KeyUnreadable.
        clock: tells the time.
        record: writes entries to the journal. Raises JournalUnwritable.
        seconds: service -> how long its evidence is kept, of those that keep any.
    """

    store: Engine
    key: Callable[[], SealingKey]
    clock: Clock
    record: Callable[[Sequence[Entry]], object]
    seconds: Mapping[str, int]


def evidence_of(
    folder: Folder,
    clock: Clock,
    record: Callable[[Sequence[Entry]], object],
    seconds: Mapping[str, int],
) -> "Evidence":
    """Return what is kept in a state folder; arguments as of `Ports`.

    Raises:
        StoreUnusable; KeyExposed, KeyUnreadable: evidence is to be kept, and there is no place or no key for it.
    """

    def key() -> SealingKey:
        try:
            return SealingKey(load_or_create(folder.evidence_key, new_key))
        except KeyMisshapen as fault:
            raise KeyUnreadable(folder.evidence_key, str(fault)) from fault

    return Evidence(Ports(open_store(f"sqlite:///{folder.evidence}"), key, clock, record, seconds))


class Evidence:
    """What is kept."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports.

        Raises:
            KeyExposed, KeyUnreadable: evidence is to be kept, and the key that it is sealed to cannot be used.
        """
        self._ports = ports
        self._public = ports.key().public if ports.seconds else b""
        METADATA.create_all(ports.store)

    def public(self) -> bytes:
        """Return the key that is sealed to; empty where nothing is to be kept."""
        return self._public

    def take(self, piece: EvidenceSealed) -> None:
        """Keep what a worker has sealed, on record; what it may not have sealed so is lost, on record too.

        Raises:
            JournalUnwritable: then it is not kept.
        """
        service = piece.about.service
        lost = piece.lost + (not self._is_due(piece))
        if lost > piece.lost:
            self._lose(service, lost)
            return
        if lost:
            self._lose(service, lost)
        try:
            with self._ports.store.begin() as connection:
                gone = add(connection, piece)
                self._ports.record([_sealed(piece), *_erased(gone, "room")])
        except OperationalError as fault:
            logging.getLogger("control").warning("evidence cannot be kept: %s", fault.orig)
            self._lose(service, 1)

    def several(self, after: str, most: int) -> Iterable[Kept]:
        """Return what is kept, in order of time; of what has had its time nothing."""
        with self._ports.store.begin() as connection:
            found = several(connection, after, most)
        now = self._ports.clock.now()
        return [each for each in found if each.about.until > now]

    def open(self, wanted: str, actor: str, purpose: str) -> Opened:
        """Return a piece, opened; on record before it is.

        Args:
            wanted: its id.
            actor: who opens it: `owner`, or a pseudonym.
            purpose: a word of `vocabulary.PURPOSE`.
        Raises:
            EvidenceUnknown, EvidenceAltered: on record too.
            KeyExposed, KeyUnreadable; JournalUnwritable: then nothing is opened.
        """
        with self._ports.store.begin() as connection:
            found = find(connection, wanted)
        if found is None or found[0].about.until <= self._ports.clock.now():
            detail: dict[str, int | str] = {"purpose": purpose, "reason": "unknown"}
            self._ports.record([Entry(_OPENED, actor, "", Outcome.DENIED, detail=detail)])
            raise EvidenceUnknown
        kept, sealed = found
        detail = {"service": kept.about.service, "digest": kept.digest, "purpose": purpose}
        self._ports.record([Entry(_OPENED, actor, kept.about.request, Outcome.ALLOWED, detail=detail)])
        try:
            if EvidenceSealed(about=kept.about, sealed=sealed).digest != kept.digest:
                raise SealBroken
            return Opened(kept, decoded(self._ports.key().open(sealed, kept.about.octets)))
        except (SealBroken, ExcerptsUnreadable) as fault:
            said = Entry(
                _OPENED, actor, kept.about.request, Outcome.FAILED, detail=detail | {"reason": "altered"}
            )
            self._ports.record([said])
            raise EvidenceAltered from fault

    def erase(self, wanted: str, actor: str) -> Kept:
        """Delete a piece, down to the bytes on the disk, and return what it was.

        Args:
            wanted: its id.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            EvidenceUnknown; JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            found = find(connection, wanted)
            if found is None:
                raise EvidenceUnknown
            gone = take_out(connection, EVIDENCE.c.digest == found[0].digest)
        self._tell(gone, "asked", actor)
        return found[0]

    def forget(self, principal: str) -> None:
        """Delete every piece of somebody who is erased, by pseudonym. Raises JournalUnwritable."""
        with self._ports.store.begin() as connection:
            gone = take_out(connection, EVIDENCE.c.principal == principal, most=-1)
        self._tell(gone, "principal")

    def expire(self) -> bool:
        """Delete some of what has had its time; return whether there was any. Raises JournalUnwritable."""
        with self._ports.store.begin() as connection:
            gone = take_out(connection, expired(self._ports.clock.now()), _AT_ONCE)
        self._tell(gone, "expired")
        return bool(gone)

    async def keep(self) -> None:
        """Delete what has had its time, for as long as the process lives."""
        while True:
            more = False
            try:
                more = self.expire()
            except JournalUnwritable:
                return  # the process ends
            except OperationalError as fault:
                logging.getLogger("control").warning("evidence cannot be erased meanwhile: %s", fault.orig)
            await asyncio.sleep(0 if more else _LOOK_S)

    def _is_due(self, piece: EvidenceSealed) -> bool:
        """Return whether a piece is of a service that keeps any, of now, and for no longer than that says."""
        about, now = piece.about, self._ports.clock.now()
        seconds = self._ports.seconds.get(about.service, 0)
        return now - _LATE < about.at < now + _AHEAD and 0 < about.until - about.at <= seconds * SECOND

    def _lose(self, service: str, count: int) -> None:
        named = service if service in self._ports.seconds else ""
        entry = Entry("threats.evidence.lost", "platform", named, Outcome.FAILED, detail={"count": count})
        self._ports.record([entry])

    def _tell(self, gone: Sequence[Kept], reason: str, actor: str = "platform") -> None:
        """Make sure that nothing of what is gone is on the disk, and put it on record."""
        if gone:
            forget_log(self._ports.store)
            self._ports.record(_erased(gone, reason, actor))


_OPENED: Final = "threats.evidence.opened"


def _sealed(piece: EvidenceSealed) -> Entry:
    about = piece.about
    detail: dict[str, int | str] = {
        "service": about.service,
        "digest": piece.digest,
        "segment": about.segment,
        "sequence": about.entry,
        "octets": len(piece.sealed),
        "seconds": (about.until - about.at) // SECOND,
    }
    return Entry("threats.evidence.sealed", about.principal, about.request, Outcome.DONE, detail=detail)


def _erased(gone: Iterable[Kept], reason: str, actor: str = "platform") -> list[Entry]:
    return [
        Entry(
            "threats.evidence.erased",
            actor,
            each.about.request,
            Outcome.DONE,
            detail={"service": each.about.service, "digest": each.digest, "reason": reason},
        )
        for each in gone
    ]
