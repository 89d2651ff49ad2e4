"""The control process's work for other trust domains: their bundles, how old these are, and what is to be said of them.

Rules of this file: a bundle that is taken is on record and in the store before anybody is believed by it. The one before
counts while its source is away, for so long and no longer, also over a restart; a source that gives an older one again is
not believed. Each source is read in a thread of its own, which nothing waits for.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Engine

from bartizan.access import register as people
from bartizan.access import trust_bundles
from bartizan.access.issue.trusted import TrustDomain, TrustDomains
from bartizan.access.trust_bundles import Kept
from bartizan.app.control_ports import NOT_DONE
from bartizan.app.entry import Entry
from bartizan.app.federation_plan import Federated
from bartizan.clock import MINUTE, SECOND, Clock, Nanoseconds
from bartizan.identity.trust_bundle import Bundle, BundleRefused, require_newer
from bartizan.ledger.event import Outcome

LOOK_S: Final = 5.0
"""How often it is looked whether a bundle is too old."""
STORED: Final = Nanoseconds(5 * MINUTE)
"""How much newer than in the store a confirmation may be."""


class Standing(msgspec.Struct, frozen=True):
    """How a trust domain stands.

    Attributes:
        name, trust_domain: of it.
        authorities, keys: how many its bundle has.
        confirmed: when that was last known to hold, UTC nanoseconds; 0 where there is none.
        until: when it counts no more.
        word: why it cannot be read now, or empty.
    """

    name: str
    trust_domain: str
    authorities: int = 0
    keys: int = 0
    confirmed: int = 0
    until: int = 0
    word: str = ""


class Source(msgspec.Struct, frozen=True):
    """What whoever reads a source tells, from its own thread.

    Attributes:
        found: (bundle): it is this one now.
        alive: (): what was found last still holds.
        unread: (word): it cannot be read now.
        known: () -> the bundle that counts, or None.
    """

    found: Callable[[Bundle], None]
    alive: Callable[[], None]
    unread: Callable[[str], None]
    known: Callable[[], Bundle | None]


class Ports(msgspec.Struct, frozen=True):
    """What this work needs from its process.

    Attributes:
        store: opened.
        clock: tells the time.
        record: writes entries to the journal. Raises JournalUnwritable.
        watch: (trust domain, source) reads that domain's bundle for ever; blocks.
        tell: is told how every domain stands, whenever that is something else.
    """

    store: Engine
    clock: Clock
    record: Callable[[Sequence[Entry]], object]
    watch: Callable[[Federated, Source], None]
    tell: Callable[[tuple[Standing, ...]], None]


class _Known(msgspec.Struct):
    """What is known of one trust domain.

    Attributes:
        domain: as configured.
        kept: its bundle; None before there is one.
        stored: when that was last known to hold, by the store.
        word: why it cannot be read now, or empty.
        outdated: whether it is on record that the bundle counts no more.
    """

    domain: Federated
    kept: Kept | None = None
    stored: Nanoseconds = Nanoseconds(0)
    word: str = ""
    outdated: bool = False

    @property
    def until(self) -> Nanoseconds:
        """When its bundle counts no more."""
        since = self.kept.confirmed if self.kept is not None else Nanoseconds(0)
        return Nanoseconds(since + self.domain.usable_s * SECOND)


class Federation:
    """Other trust domains, as the control process knows them.

    Attributes:
        domains: by whose bundles workloads are believed.
    """

    def __init__(self, ports: Ports, configured: Sequence[Federated]) -> None:
        """Take the ports; nobody is believed before `begin`."""
        self._ports = ports
        self._known = {each.trust_domain: _Known(each) for each in configured}
        self.domains = TrustDomains(
            [TrustDomain(each.name, each.trust_domain, each.workloads) for each in configured]
        )
        self._told: tuple[Standing, ...] = ()

    @property
    def configured(self) -> bool:
        """Whether there are any."""
        return bool(self._known)

    def begin(self) -> None:
        """Take the bundle that each domain had last, as far as it still counts."""
        people.prepare(self._ports.store)
        with self._ports.store.begin() as connection:
            trust_bundles.forget_others(connection, self._known)
            for name, known in self._known.items():
                known.kept = trust_bundles.kept(connection, name, known.domain.source)
                if known.kept is not None:
                    known.stored = known.kept.confirmed
                    self.domains.believe(name, known.kept.bundle, known.until)

    def standing(self) -> tuple[Standing, ...]:
        """Return how every domain stands."""
        return tuple(_standing(each) for each in self._known.values())

    async def keep(self) -> None:
        """Read every source, and look whether a bundle is too old; for ever."""
        loop = asyncio.get_running_loop()
        for name, known in self._known.items():
            source = Source(
                found=partial(_told, loop, partial(self.found, name)),
                alive=partial(_told, loop, partial(self.alive, name)),
                unread=partial(_told, loop, partial(self.unread, name)),
                known=partial(self.bundle, name),
            )
            threading.Thread(
                target=self._ports.watch, args=(known.domain, source), name="trust-domain", daemon=True
            ).start()
        while True:
            with contextlib.suppress(*NOT_DONE):  # tried again at the next look
                self.look()
            await asyncio.sleep(LOOK_S)

    def bundle(self, trust_domain: str) -> Bundle | None:
        """Return the bundle of a trust domain that counts, or None."""
        known = self._known[trust_domain]
        outdated = known.kept is None or self._ports.clock.now() >= known.until
        return None if known.kept is None or outdated else known.kept.bundle

    def found(self, trust_domain: str, bundle: Bundle) -> None:
        """Take what a source says that a bundle is now.

        Raises:
            JournalUnwritable, OperationalError: then it is not taken.
        """
        known, now = self._known[trust_domain], self._ports.clock.now()
        before = None if known.kept is None else known.kept.bundle
        try:
            require_newer(before, bundle)
        except BundleRefused as fault:
            self.unread(trust_domain, fault.word)
            return
        new = Kept(bundle, now)
        if before is None or before.contents != bundle.contents:
            detail: dict[str, int | str] = {
                "domain": known.domain.name,
                "authorities": len(bundle.authorities),
                "keys": len(bundle.keys),
            }
            self._record("access.bundle.changed", Outcome.DONE, detail)
        if before != bundle:
            with self._ports.store.begin() as connection:
                trust_bundles.keep(connection, trust_domain, known.domain.source, new)
            known.stored = now
        known.kept = new
        self._confirmed(trust_domain)

    def alive(self, trust_domain: str) -> None:
        """Take that the bundle of a source still holds.

        Raises:
            OperationalError: the store takes nothing; it counts until the next restart alone.
        """
        known = self._known[trust_domain]
        if known.kept is None or known.word in _REFUSING:
            return
        known.kept = Kept(known.kept.bundle, self._ports.clock.now())
        self._confirmed(trust_domain)

    def unread(self, trust_domain: str, word: str) -> None:
        """Take why a source cannot be read; on record each time that it is something else.

        Raises:
            JournalUnwritable.
        """
        known = self._known[trust_domain]
        before, known.word = known.word, word
        if word != before:
            self._record(
                "access.bundle.unread", Outcome.FAILED, {"domain": known.domain.name, "reason": word}
            )
        self.tell()

    def look(self) -> None:
        """Record which bundles have become too old, once each.

        Raises:
            JournalUnwritable.
        """
        now = self._ports.clock.now()
        for known in self._known.values():
            if known.kept is not None and now >= known.until and not known.outdated:
                self._record("access.bundle.outdated", Outcome.FAILED, {"domain": known.domain.name})
                known.outdated = True
        self.tell()

    def tell(self) -> None:
        """Say how the domains stand, where that is something else than what was said last."""
        now = self.standing()
        if now != self._told:
            self._told = now
            self._ports.tell(now)

    def _confirmed(self, trust_domain: str) -> None:
        known = self._known[trust_domain]
        known.word, known.outdated = "", False
        if known.kept is None:
            return
        self.domains.believe(trust_domain, known.kept.bundle, known.until)
        if known.kept.confirmed - known.stored >= STORED:
            with self._ports.store.begin() as connection:
                trust_bundles.confirm(connection, trust_domain, known.kept.confirmed)
            known.stored = known.kept.confirmed
        self.tell()

    def _record(self, kind: str, outcome: Outcome, detail: dict[str, int | str]) -> None:
        self._ports.record([Entry(kind, "platform", "", outcome, detail=detail)])


_REFUSING: Final = frozenset({"sequence-went-back", "sequence-repeated"})
"""Words under which a source says something else than what counts here, so that its being there confirms nothing."""


def _standing(known: _Known) -> Standing:
    domain, kept = known.domain, known.kept
    if kept is None:
        return Standing(domain.name, domain.trust_domain, word=known.word)
    return Standing(
        domain.name,
        domain.trust_domain,
        len(kept.bundle.authorities),
        len(kept.bundle.keys),
        kept.confirmed,
        known.until,
        known.word,
    )


def _told(loop: asyncio.AbstractEventLoop, take: Callable[..., None], *said: object) -> None:
    """Have something taken on the loop, from a thread; where the loop has ended, by nobody."""

    def quietly() -> None:
        with contextlib.suppress(*NOT_DONE):  # the process ends by it, or it is told again
            take(*said)

    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(quietly)
