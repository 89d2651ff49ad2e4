"""The control process's work for external issuers: their keys, who arrives from them, and what they end.

Rules of this file: nothing is believed that is not signed: what a worker hands over is verified here anew. What takes
away is committed and in force in every worker before it is answered. An issuer is asked for its keys off the loop, by
its configured address, every few minutes, and at once where somebody shows a key that is new, but once a minute at the
most. The keys that it had last are kept, so that its being away takes nobody's access. Nothing here knows HTTP.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from bartizan.access import links
from bartizan.access import register as people
from bartizan.access.errors import IssuerNotConfigured, PrincipalExists, SubjectLinked
from bartizan.access.issue.software_statement import Statement, read_statement
from bartizan.access.links import External
from bartizan.access.names import Names, unshared
from bartizan.access.resolve import outdated, sign_in
from bartizan.app.control_ports import NOT_DONE, NotInForce
from bartizan.app.discovery import IssuerUnread, Keys, pinnable
from bartizan.app.entry import Entry
from bartizan.app.issuer_plan import Issuer
from bartizan.app.off_loop import off_loop
from bartizan.app.signed_out import end, end_families
from bartizan.clock import MINUTE, Clock, Nanoseconds
from bartizan.identity.external import Link
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.refusal import KeyUnknown, TokenRefused
from bartizan.identity.signal import Signal, read_events, read_logout
from bartizan.identity.state import TrustedIssuer, pinned
from bartizan.identity.token import Claims, verify
from bartizan.identity.token import Issuer as Pinned
from bartizan.ledger.event import Outcome

RENEWAL_S: Final = 300.0
"""Seconds after which an issuer is asked for its keys again."""
ASKED_AGAIN: Final = Nanoseconds(MINUTE)
"""How long after it was asked an issuer is not asked again because somebody shows a key that is not known."""
_NO_AUDIENCE: Final = ""
_Result = TypeVar("_Result")
_Audiences: TypeAlias = Mapping[str, tuple[str, ...]]
_Reader: TypeAlias = Callable[[str, Mapping[str, Pinned], _Audiences, Nanoseconds], _Result]


class Ports(msgspec.Struct, frozen=True):
    """What this work needs from its process.

    Attributes:
        store: opened.
        clock: tells the time.
        record: writes entries to the journal. Raises JournalUnwritable.
        publish: puts what the store holds in force in every worker, then on record what that took away; what cannot be put in
            force is on record with the next state. Raises NotInForce.
        read_keys: asks an issuer; blocks. Raises IssuerUnread.
        names: of those who were erased.
    """

    store: Engine
    clock: Clock
    record: Callable[[Sequence[Entry]], object]
    publish: Callable[[Sequence[Entry]], Awaitable[object]]
    read_keys: Callable[[Issuer], Keys]
    names: Names = msgspec.field(default_factory=unshared)


class SignalRefused(Exception):
    """A logout token or an event that is not taken; `reason` is a word of a closed set."""

    def __init__(self, reason: str) -> None:
        """Carry the word."""
        super().__init__(f"not taken: {reason}")
        self.reason = reason


class Issuers:
    """External issuers, as the control process knows them."""

    def __init__(self, ports: Ports, issuers: Iterable[Issuer]) -> None:
        """Take the ports; nothing is known before `begin`."""
        self._ports = ports
        self._issuers: Mapping[str, Issuer] = {issuer.url: issuer for issuer in issuers}
        self._keys: dict[str, Keys] = {}
        self._pinned: Mapping[str, Pinned] = {}
        self._asked: dict[str, Nanoseconds] = {}
        self._unread: dict[str, str] = {}
        self._refused: Counter[tuple[str, str]] = Counter()
        self._order = asyncio.Lock()

    @property
    def configured(self) -> bool:
        """Whether there are any."""
        return bool(self._issuers)

    def begin(self) -> None:
        """Take the keys that each issuer had last, as far as they may still be pinned."""
        people.prepare(self._ports.store)
        with self._ports.store.begin() as connection:
            links.forget_others(connection, self._issuers)
            for issuer in self._issuers.values():
                self._keys[issuer.url] = pinnable(
                    issuer.url, issuer.algorithms, links.keys(connection, issuer.url)
                )
        self._pinned = pinned(self._trusted())

    def external(self, connection: Connection, now: Nanoseconds) -> External:
        """Return what is to be in force."""
        if not self._issuers:
            return External()
        return External(self._trusted(), links.links(connection), links.ended(connection, now))

    def _trusted(self) -> tuple[TrustedIssuer, ...]:
        return tuple(
            TrustedIssuer(
                issuer.url,
                issuer.algorithms,
                self._keys.get(issuer.url, ()),
                embedded=False,
                profile=issuer.profile,
            )
            for issuer in self._issuers.values()
        )

    # ---- keys ----------------------------------------------------------------------------------------------
    async def keep(self) -> None:
        """Ask every issuer for its keys, now and from time to time; for ever."""
        while True:
            await asyncio.gather(*map(self._renew_quietly, self._issuers.values()))
            await asyncio.sleep(RENEWAL_S)

    async def _renew_quietly(self, issuer: Issuer) -> None:
        with contextlib.suppress(*NOT_DONE):
            await self.renew(issuer)

    async def renew(self, issuer: Issuer) -> None:
        """Ask an issuer for its keys, and put them in force where they are others.

        Raises:
            NotInForce, JournalUnwritable.
        """
        try:
            new = await off_loop(lambda: self._ports.read_keys(issuer))
        except IssuerUnread as fault:
            self._note_unread(issuer, fault.word)
            return
        self._note_unread(issuer, "")
        async with self._order:
            await self._take(issuer, new)

    async def _take(self, issuer: Issuer, new: Keys) -> None:
        old = self._keys.get(issuer.url, ())
        if new == old:
            return
        detail: dict[str, int | str] = {
            "issuer": issuer.profile.name,
            "added": sum(key not in old for key in new),
            "removed": sum(key not in new for key in old),
        }
        self._ports.record([Entry("access.issuer.changed", "platform", "", Outcome.DONE, detail=detail)])
        with self._ports.store.begin() as connection:
            links.keep_keys(connection, issuer.url, new)
        self._keys[issuer.url] = new
        self._pinned = pinned(self._trusted())
        await self._ports.publish(())

    def _note_unread(self, issuer: Issuer, word: str) -> None:
        """Record why an issuer's keys cannot be had, each time that is something else."""
        before = self._unread.get(issuer.url, "")
        self._unread[issuer.url] = word
        if word and word != before:
            detail: dict[str, int | str] = {"issuer": issuer.profile.name, "reason": word}
            self._ports.record([Entry("access.issuer.unread", "platform", "", Outcome.FAILED, detail=detail)])

    # ---- who arrives ---------------------------------------------------------------------------------------
    async def consider(self, token: str) -> None:
        """Learn what a worker needs to decide on a token; of one that is not good nothing is learnt.

        Raises:
            NotInForce, JournalUnwritable.
        """
        now = self._ports.clock.now()
        try:
            claims = verify(token, self._pinned, _NO_AUDIENCE, now)
        except KeyUnknown as fault:
            await self._look_for_key(fault.issuer, now)
            return
        except TokenRefused:
            return
        async with self._order:
            if self._learnt(claims, now):
                await self._ports.publish(())

    async def _look_for_key(self, url: str, now: Nanoseconds) -> None:
        issuer = self._issuers.get(url)
        asked = self._asked.get(url)
        if issuer is not None and (asked is None or now - asked >= ASKED_AGAIN):
            self._asked[url] = now
            await self.renew(issuer)

    def _learnt(self, claims: Claims, now: Nanoseconds) -> bool:
        """Register somebody, or the roles that they have now; return whether anything is new."""
        profile = self._issuers[claims.issuer].profile
        name = profile.name
        with self._ports.store.begin() as connection:
            known = links.known(connection, claims.issuer, claims.subject)
            if known is not None and outdated(known, claims):
                person = links.change_roles(connection, known, claims)
                self._ports.record(_entries("access.principal.changed", person.pseudonym, name, claims.roles))
                return True
            over = links.ended(connection, now)
            if known is not None or not profile.register:
                return False
            if any(claims.issued <= over.get(key, -1) for key in sign_in(claims)):
                return False
            try:
                person = links.arrive(connection, claims, now)
            except (links.LinksFull, PrincipalExists):
                return False
            self._ports.record(_entries("access.principal.registered", person.pseudonym, name, claims.roles))
        return True

    # ---- what issuers vouch for ----------------------------------------------------------------------------
    async def vouched(self, token: str, here: str) -> Statement:
        """Return what a software statement says, with the name of its issuer as it is configured.

        Args:
            token: compact JWS.
            here: our own URL.
        Raises:
            TokenRefused: it is none, or of an issuer that is not configured to vouch for software.
            NotInForce, JournalUnwritable.
        """
        trusted = {url for url, issuer in self._issuers.items() if issuer.software}
        for last in (False, True):
            known = {url: each for url, each in self._pinned.items() if url in trusted}
            now = self._ports.clock.now()
            try:
                found = read_statement(token, known, here, now)
            except KeyUnknown as fault:
                if last:
                    raise
                await self._look_for_key(fault.issuer, now)
            else:
                return msgspec.structs.replace(found, issuer=self._issuers[found.issuer].profile.name)
        raise KeyUnknown

    # ---- what issuers end ----------------------------------------------------------------------------------
    async def logout(self, token: str) -> None:
        """Sign out whom a logout token names; in force in every worker when this returns.

        Raises:
            SignalRefused: the token is not taken.
            NotInForce, JournalUnwritable.
        """
        audiences = {issuer.url: issuer.logout_audiences for issuer in self._issuers.values()}
        await self._heed((await self._read("logout", read_logout, token, audiences),))

    async def hear(self, token: str) -> None:
        """Do what a security event token says; in force in every worker when this returns.

        Raises:
            SignalRefused: the token is not taken.
            NotInForce, JournalUnwritable.
        """
        audiences = {issuer.url: issuer.event_audiences for issuer in self._issuers.values()}
        said = await self._read("event", read_events, token, audiences)
        if said:
            await self._heed(said)

    async def _read(self, signal: str, read: _Reader[_Result], token: str, audiences: _Audiences) -> _Result:
        """Return what a token says; a key that is new is looked for, since many issuers tell a sign-out once."""
        now = self._ports.clock.now()
        try:
            return read(token, self._pinned, audiences, now)
        except KeyUnknown as fault:
            await self._look_for_key(fault.issuer, now)
        except TokenRefused as fault:
            raise self._refusing(signal, fault.reason) from fault
        try:
            return read(token, self._pinned, audiences, self._ports.clock.now())
        except TokenRefused as fault:
            raise self._refusing(signal, fault.reason) from fault

    def _refusing(self, signal: str, reason: str) -> SignalRefused:
        self._refused[signal, reason] += 1
        return SignalRefused(reason)

    async def _heed(self, said: Sequence[Signal]) -> None:
        first = said[0]
        async with self._order:
            now = self._ports.clock.now()
            with self._ports.store.begin() as connection:
                if links.heard(connection, first.issuer, first.id, first.until, now):
                    raise self._refusing("logout" if first.word == "logout" else "event", "replayed")
                for each in said:
                    end(connection, each, now)
                entries = [self._entry(connection, each) for each in said]
                over = [entry for each in said for entry in end_families(connection, each, now)]
            if any(each.subject or each.session for each in said):
                await self._put_in_force(first, over)
            self._ports.record(entries)

    async def _put_in_force(self, said: Signal, over: Sequence[Entry]) -> None:
        try:
            await self._ports.publish(over)
        except (
            NotInForce,
            OperationalError,
        ):  # whoever told it is not answered that it is done, and tells it again
            with self._ports.store.begin() as connection:
                links.unhear(connection, said.issuer, said.id)
            raise

    def _entry(self, connection: Connection, said: Signal) -> Entry:
        known = links.known(connection, said.issuer, said.subject) if said.subject else None
        whom = people.get(connection, known.principal).pseudonym if known is not None else ""
        name = self._issuers[said.issuer].profile.name
        detail: dict[str, int | str] = {"issuer": name, "signal": said.word}
        return Entry("access.signal.heeded", "platform", whom, Outcome.DONE, detail=detail)

    def record_refusals(self) -> None:
        """Record what was refused since the last call: one event a reason, so that a flood fills no disk."""
        counted, self._refused = self._refused, Counter()
        if not counted:
            return
        self._ports.record(
            [
                Entry(
                    "access.signal.refused",
                    "anonymous",
                    "",
                    Outcome.DENIED,
                    detail={"signal": signal, "reason": reason, "count": count},
                )
                for (signal, reason), count in sorted(counted.items())
            ]
        )

    # ---- by hand -------------------------------------------------------------------------------------------
    async def add(
        self,
        kind: Kind,
        name: str,
        roles: Iterable[str],
        issuer: str,
        subject: str,
        *,
        reuse: bool = False,
        actor: str = "owner",
    ) -> Principal:
        """Return a new principal who is known by a subject of an issuer, and has no secret here.

        Args:
            kind, name, roles: of the principal.
            issuer, subject: whose tokens are theirs.
            reuse: whether the name may be one of somebody who was erased.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            IssuerNotConfigured, SubjectLinked, NotAPrincipal, PrincipalExists, NameErased, NotInForce, JournalUnwritable.
        """
        if issuer not in self._issuers:
            raise IssuerNotConfigured
        async with self._order:
            now = self._ports.clock.now()
            with self._ports.store.begin() as connection:
                known = links.known(connection, issuer, subject)
                if known is not None:
                    raise SubjectLinked(known.principal)
                person = people.register(connection, kind, name, roles, now)
                self._ports.names.claim(connection, person.id, reuse=reuse)
                links.link(connection, Link(issuer, subject, person.id, person.roles, Nanoseconds(0)))
                self._ports.record(
                    _entries(
                        "access.principal.registered",
                        person.pseudonym,
                        self._issuers[issuer].profile.name,
                        person.roles,
                        actor,
                    )
                )
            await self._ports.publish(())
        return person


def _entries(
    kind: str, pseudonym: str, issuer: str, roles: Iterable[str], actor: str = "platform"
) -> list[Entry]:
    """Return one entry a role, so that who got which is in the record; one without where there is none."""
    details: list[dict[str, int | str]] = [{"issuer": issuer, "role": role} for role in roles]
    return [
        Entry(kind, actor, pseudonym, Outcome.DONE, detail=detail)
        for detail in details or [{"issuer": issuer}]
    ]
