"""The control process's own work: the register and its tokens.

Rules of this file: what grants is recorded before it is committed, what takes away is committed and in force
before it is recorded (`publication.py`); either is answered last. What is answered is therefore true in every worker
and in the record. Nothing here knows HTTP.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Connection

from bartizan.access import register as people
from bartizan.access import versions
from bartizan.access.errors import (
    ClientKeyRefused,
    NotTheOwners,
    PrincipalRevoked,
    RedirectRefused,
    SecretAbsent,
)
from bartizan.access.issue import family as families
from bartizan.access.issue import registered as registered_by
from bartizan.access.issue.application import make_application
from bartizan.access.issue.client_certificate import holds_certificates
from bartizan.access.issue.client_key import give_keys, read_keys
from bartizan.access.issue.credentials import give_secret, has_secret
from bartizan.access.issue.mint import NO_SPIFFE, UNBOUND, Bound, Issued, Lent, SpiffeShown, mint
from bartizan.access.issue.redirect import require_usable
from bartizan.app import policies
from bartizan.app.control_ports import DRILL_KINDS, NotReported, Ports
from bartizan.app.entry import Entry, registered
from bartizan.app.first import FIRST
from bartizan.app.publication import Publication
from bartizan.app.sources import Sources
from bartizan.app.suspects import Suspects
from bartizan.clock import Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.refusal import LONGEST_LIFE
from bartizan.identity.token import OF_ONE
from bartizan.ledger.event import Event, Outcome

_OWN: Final = frozenset(f"{kind.value}.{name}" for name, (kind, _) in FIRST.items())


class Registrar:
    """Registers, issues, revokes, and keeps every worker's view the same as the store's."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports; nothing happens before `begin`."""
        self._ports = ports
        self.publication = Publication(ports, lambda: self.suspects.flagged)
        self.sources = Sources(ports.store)
        self.suspects = Suspects(ports.clock, self._record, self.publish)
        self.policies = policies.Policies(
            policies.Ports(ports.store, ports.clock, self._record, self.publication.commit, self.publish)
        )

    async def begin(self) -> None:
        """Make what an installation starts with, and put the first state in force.

        Raises:
            PolicyInvalid: the policies cannot be decided with; nothing is in force then.
            NotInForce, JournalUnwritable.
        """
        people.prepare(self._ports.store)
        new: list[Principal] = []
        with self._ports.store.begin() as connection:
            known = {person.id for person in people.people(connection)}
            for name, (kind, roles) in FIRST.items():
                if f"{kind.value}.{name}" not in known:
                    new.append(people.register(connection, kind, name, roles, self._ports.clock.now()))
            self._record([entry for person in new for entry in registered(person)])
        self._take_up_policies()
        await self.publish()

    def _take_up_policies(self) -> None:
        """Make the configured policies a version where they are others than at the last start."""
        policies.check(self._ports.policies)
        with self._ports.store.begin() as connection:
            version, new = versions.take_up(
                connection, self._ports.policies, self._ports.boot, self._ports.clock.now()
            )
            policies.check_stored(version)
            if new:
                self._record([policies.entry(version, "platform")])

    # ---- tokens --------------------------------------------------------------------------------------------
    def owners_token(self, principal: str, audience: str, seconds: int, key: str = "") -> Issued:
        """Return a token for the owner or one of the drill's principals.

        Args:
            principal: id of one of `FIRST`.
            audience: a word of `AUDIENCES`.
            seconds: life, 1 to `LIFETIME_S`.
            key: thumbprint of the key that it is bound to; empty for a bearer token.
        Raises:
            NotTheOwners, PrincipalUnknown, PrincipalRevoked, ValueError, JournalUnwritable.
        """
        if principal not in _OWN:
            raise NotTheOwners(principal)
        with self._ports.store.begin() as connection:
            person = people.get(connection, principal)
        if person.revoked:
            raise PrincipalRevoked(principal)
        return self.issue(person, audience, seconds, Bound(key), grant="owner")

    def issue(  # noqa: PLR0913 - all that the record says of a token
        self,
        principal: Principal,
        audience: str,
        seconds: int,
        bound: Bound = UNBOUND,
        source: str = "",
        *,
        grant: str,
        lent: Lent | None = None,
        shown: SpiffeShown = NO_SPIFFE,
    ) -> Issued:
        """Return a new token, on record.

        Args:
            principal: of whom somebody else has made sure.
            audience: a word of `AUDIENCES`, or that of one service.
            seconds: life, 1 to `LIFETIME_S`.
            bound: what it is bound to.
            grant: its word in the record.
            lent: where an application holds it for the principal.
            source: pseudonym of the network that it was asked for from; empty where nobody knows.
            shown: SPIFFE ID that a workload showed for it.
        Raises:
            ValueError, JournalUnwritable: then nothing is issued.
        """
        now = self._ports.clock.now()
        issued = mint(
            self._ports.signer, principal, audience, seconds, now, bound=bound, lent=lent, spiffe=shown.uri
        )
        _, word, *service = audience.split(OF_ONE)
        detail: dict[str, int | str] = {
            "audience": word,
            "binding": bound.word,
            "seconds": seconds,
            "grant": grant,
            **({"service": service[0]} if service else {}),
            **(_lent(lent) if lent is not None else {}),
            **({"domain": shown.domain} if shown.domain else {}),
        }
        if source:
            detail["source"] = source.removeprefix("a-")
        entry = Entry("access.token.issued", principal.pseudonym, issued.id, Outcome.DONE, detail=detail)
        self._record([entry])
        return issued

    # ---- principals ----------------------------------------------------------------------------------------
    def people(self) -> tuple[Principal, ...]:
        """Return everybody, the revoked included."""
        with self._ports.store.begin() as connection:
            return people.people(connection)

    def person(self, principal: str) -> Principal:
        """Return somebody by id.

        Raises:
            PrincipalUnknown.
        """
        with self._ports.store.begin() as connection:
            return people.get(connection, principal)

    def revoked_tokens(self) -> Mapping[str, Nanoseconds]:
        """Return the revoked tokens that are not expired yet, each with when it is."""
        with self._ports.store.begin() as connection:
            return people.revoked_tokens(connection, self._ports.clock.now())

    async def register(  # noqa: PLR0913 - all that a registration says
        self,
        kind: Kind,
        name: str,
        roles: Iterable[str],
        keys: bytes = b"",
        redirects: Sequence[str] = (),
        *,
        public: bool = False,
        device_flow: bool = False,
        reuse: bool = False,
        actor: str = "owner",
    ) -> tuple[Principal, Secret | None]:
        """Return a new principal and its client secret, which is shown this once.

        Args:
            kind, name, roles: of the principal.
            keys: public JWK, or a set of them, with which the client signs; or its certificates (PEM), which its connection
                shows; then there is no secret.
            redirects: addresses to which it has people sent back, which makes it an application.
            public: whether that can keep no secret; then it has none, and no key.
            device_flow: whether it asks people by a code that they type elsewhere, which makes it an application too.
            reuse: whether the name may be one of somebody who was erased.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            NotAPrincipal, PrincipalExists, NameErased, ClientKeyRefused, RedirectRefused, NotInForce, JournalUnwritable.
        """
        read = read_keys(keys) if keys else ()
        addresses = require_usable(redirects)
        if keys and holds_certificates(keys) and (addresses or device_flow):
            raise ClientKeyRefused(
                "an application signs, or keeps a secret; a certificate shows a program alone"
            )
        if public and (read or not (addresses or device_flow)):
            raise RedirectRefused(
                "a public application needs one at least, or the device flow, and has no key"
            )
        with self._ports.store.begin() as connection:
            person = people.register(connection, kind, name, roles, self._ports.clock.now())
            self._ports.names.claim(connection, person.id, reuse=reuse)
            secret = None if read or public else give_secret(connection, person)
            if addresses or device_flow:
                make_application(connection, person, addresses, public=public, device_flow=device_flow)
            if read:
                give_keys(connection, person, read)
            self._record(registered(person, actor) + ([_keyed(person, len(read), actor)] if read else []))
        await self.publish()
        return person, secret

    def renew_secret(self, principal: str, actor: str = "owner") -> tuple[Principal, Secret]:
        """Return somebody and another secret of their client, which is shown this once; the one before no longer works.

        Raises:
            PrincipalUnknown, PrincipalRevoked, SecretAbsent, JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            person = people.get(connection, principal)
            if person.revoked:
                raise PrincipalRevoked(principal)
            if not has_secret(connection, person):
                raise SecretAbsent(principal)
            secret = give_secret(connection, person)
            self._record([Entry("access.secret.renewed", actor, person.pseudonym, Outcome.DONE)])
        return person, secret

    def give_keys(self, principal: str, keys: bytes, actor: str = "owner") -> tuple[str, ...]:
        """Have a principal's client sign with these keys; its secret and earlier keys are good for nothing any more.

        Args:
            principal: id.
            keys: public JWK, or a set of them.
            actor: whose doing it is: `owner`, or a pseudonym.
        Returns:
            the keys' ids.
        Raises:
            PrincipalUnknown, PrincipalRevoked, ClientKeyRefused, JournalUnwritable: then nothing is changed.
        """
        read = read_keys(keys)
        with self._ports.store.begin() as connection:
            person = people.get(connection, principal)
            if person.revoked:
                raise PrincipalRevoked(principal)
            give_keys(connection, person, read)
            self._record([_keyed(person, len(read), actor)])
        return tuple(key["kid"] for key in read)

    async def revoke(self, principal: str, actor: str = "owner") -> int:
        """Refuse everything of a principal, and of the applications that it registered; return the generation in which that is in force everywhere.

        Args:
            principal: whom.
            actor: whose doing it is: `owner`, or a pseudonym.

        Raises:
            PrincipalUnknown, NotInForce, JournalUnwritable.
        """

        def change(connection: Connection) -> tuple[Principal, ...]:
            person = people.revoke(connection, principal)
            theirs = registered_by.of_registrant(connection, person.client)
            return (person, *(people.revoke(connection, each) for each in theirs))

        _, generation = await self.publication.take_away(change, partial(_revoked, actor))
        return generation

    async def revoke_token(self, token: str, actor: str = "owner") -> int:
        """Refuse one token, by its `jti`; return the generation in which that is in force everywhere.

        Args:
            token: its `jti`.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            NotInForce, JournalUnwritable.
        """
        until = Nanoseconds(self._ports.clock.now() + LONGEST_LIFE)
        entry = Entry("access.token.revoked", actor, token, Outcome.DONE)
        _, generation = await self.publication.take_away(
            lambda connection: people.revoke_token(connection, token, until), lambda _: [entry]
        )
        return generation

    async def end_family(self, family: str, person: Principal, reason: str) -> None:
        """End a family and refuse its tokens; answered once that is in force everywhere.

        Raises:
            NotInForce, JournalUnwritable.
        """
        now = self._ports.clock.now()
        self.publication.commit(lambda connection: families.end(connection, family, now))
        await self.ended((family,), person, reason)

    async def ended(self, families: Iterable[str], person: Principal, reason: str) -> None:
        """Put in force, then on record, that families ended; raises as `end_family`."""
        detail: dict[str, int | str] = {"reason": reason}
        kind, actor = "access.family.revoked", person.pseudonym
        await self.publish([Entry(kind, actor, each, Outcome.DONE, detail=detail) for each in families])

    async def erase(self, principal: str, actor: str = "owner") -> int:
        """Revoke a principal and delete what links it to its pseudonym, down to the bytes on the disk.

        The applications that it registered are revoked.

        Args:
            principal: whom.
            actor: whose doing it is: `owner`, or a pseudonym.

        Raises:
            PrincipalUnknown, NotInForce, JournalUnwritable.
        """

        def change(connection: Connection) -> tuple[Principal, ...]:
            person = people.erase(connection, principal)
            self._ports.names.bury(connection, principal)
            theirs = registered_by.of_registrant(connection, person.client)
            return (person, *(people.revoke(connection, each) for each in theirs))

        person, *theirs = self.publication.commit(change)
        erased = Entry("access.principal.erased", actor, person.pseudonym, Outcome.DONE)
        try:
            self._ports.forget(person)
            people.forget(self._ports.store)
        finally:  # whoever is gone from the store is let in nowhere, also where the disk kept something of them
            generation = await self.publish([erased, *_revoked(actor, theirs)])
        return generation

    # ---- what others report --------------------------------------------------------------------------------
    def report(self, entries: Sequence[Entry]) -> tuple[int, int]:
        """Record what the owner's command did; return the sequence of the first and of the last record.

        Raises:
            NotReported: a kind that it may not report.
            NotAnEvent: not of the vocabulary; then nothing is recorded.
            JournalUnwritable.
        """
        for entry in entries:
            if entry.kind not in DRILL_KINDS:
                raise NotReported
            Event(0, entry.kind, "owner", entry.subject, entry.outcome, entry.control, entry.detail)
        return self._record([msgspec.structs.replace(entry, actor="owner") for entry in entries])

    # ---- in force ------------------------------------------------------------------------------------------
    async def publish(self, took_away: Sequence[Entry] = ()) -> int:
        """Put in force what the store and the signer hold now; as `Publication.publish`."""
        return await self.publication.publish(took_away)

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        return self._ports.record(entries) if entries else (0, 0)


def _lent(lent: Lent) -> dict[str, int | str]:
    said: dict[str, int | str] = {"family": lent.family.removeprefix("f-")} if lent.family else {}
    if lent.actors:
        said |= {"agent": lent.agent.removeprefix("p-"), "hands": len(lent.actors)}
    return said


def _revoked(actor: str, gone: Iterable[Principal]) -> list[Entry]:
    return [Entry("access.principal.revoked", actor, each.pseudonym, Outcome.DONE) for each in gone]


def _keyed(person: Principal, count: int, actor: str) -> Entry:
    return Entry("access.client.keyed", actor, person.pseudonym, Outcome.DONE, detail={"count": count})
