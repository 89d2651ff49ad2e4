"""The control process's own work: the register, tokens, and putting every change in force.

Rules of this file: what grants is recorded before it is committed, what takes away is committed and in force
before it is recorded; either is answered last. What is answered is therefore true in every worker and in the
record. Nothing here knows HTTP.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bartizan.access import register as people
from bartizan.access import versions
from bartizan.access.describe import describe
from bartizan.access.errors import NotTheOwners, PrincipalRevoked
from bartizan.access.issue.credentials import CredentialsWrong, check, give_secret
from bartizan.access.issue.grant import GrantFault, GrantRefused, TokenRequest
from bartizan.access.issue.metadata import TOKEN_PATH
from bartizan.access.issue.mint import LIFETIME_S, Bound, Issued, mint
from bartizan.access.signin.throttle import Throttle
from bartizan.app import policies
from bartizan.app.control_ports import DRILL_KINDS, FIRST, NotInForce, NotReported, Ports
from bartizan.app.entry import Entry, registered
from bartizan.app.policy_schema import schema
from bartizan.app.token_refusals import TokenRefusals
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs, Wanted
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.proof_refusal import ProofRefused, ProofStale
from bartizan.identity.pseudonym import Minted
from bartizan.identity.refusal import LONGEST_LIFE
from bartizan.identity.state import State
from bartizan.ledger.content import ContentTags, tool_tagged
from bartizan.ledger.event import Event, Outcome

Changed = TypeVar("Changed")

_SOURCES: Final = 65_536
"""Pseudonyms of networks of which is remembered which are the same."""
_OWN: Final = frozenset(f"{kind.value}.{name}" for name, (kind, _) in FIRST.items())


class Registrar:
    """Registers, issues, revokes, and keeps every worker's view the same as the store's."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports; nothing happens before `begin`."""
        self._ports = ports
        self._order = asyncio.Lock()
        self._refused = TokenRefusals()
        self._throttle = Throttle()
        self._canonical: dict[str, str] = {}
        self._suspects: dict[str, Nanoseconds] = {}
        self._stale = False
        self.generation = 0
        self.policy_digest = ""
        self._proofs = Proofs(Secret(secrets.token_bytes(32)))
        self.policies = policies.Policies(
            policies.Ports(ports.store, ports.clock, self._record, self._take_away, self._publish)
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
        await self._publish()

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
    def grant(self, request: TokenRequest, source: str = "") -> Issued:
        """Return a token for a client that knows its secret.

        Args:
            request: what it asks for.
            source: pseudonym of the network that it asks from; empty where nobody knows.
        Raises:
            GrantRefused: it does not, or too many from there did not; counted for the record.
            JournalUnwritable: then nothing is issued.
        """
        source = self.canonical(source)
        now = self._ports.clock.now()
        wait = self._throttle.wait(source, request.client, now)
        if wait:
            what = "too many wrong credentials came from this network; wait before the next one"
            fault = GrantRefused(GrantFault.SLOW_DOWN, what, -(-wait // SECOND))
            raise self.refused(fault, source)
        try:
            with self._ports.store.begin() as connection:
                principal = check(connection, request.client, request.secret)
        except CredentialsWrong as fault:
            self._throttle.failed(source, now)
            refusal = GrantRefused(GrantFault.INVALID_CLIENT, str(fault))
            raise self.refused(refusal, source, fault.pseudonym) from fault
        self._throttle.granted(source, request.client)
        bound = Bound(self.proven(request.proof, source, principal.pseudonym), request.certificate)
        return self.issue(principal, request.audience, LIFETIME_S, bound, source)

    def nonce(self) -> str:
        """Return what the next proofs for the token endpoint must hold."""
        return self._proofs.nonce(self._ports.clock.now())

    def proven(self, proof: str, source: str, principal: str) -> str:
        """Return the thumbprint of the key that a token is to be bound to; empty where none is shown.

        After the client has shown who it is: a stranger's proofs fill no memory.

        Raises:
            GrantRefused: counted for the record.
        """
        if not proof:
            return ""
        wanted = Wanted("POST", (self._ports.signer.url + TOKEN_PATH,))
        try:
            return self._proofs.verify(proof, wanted, self._ports.clock.now())
        except ProofStale as fault:
            stale = GrantRefused(GrantFault.USE_DPOP_NONCE, str(fault))
            raise self.refused(stale, source, principal) from fault
        except ProofRefused as fault:
            refusal = GrantRefused(GrantFault.INVALID_DPOP_PROOF, str(fault))
            raise self.refused(refusal, source, principal, fault.reason) from fault

    def refused(
        self, fault: GrantRefused, source: str = "", principal: str = "", reason: str = ""
    ) -> GrantRefused:
        """Count a refused token request, to be recorded by `record_refusals`; return the fault.

        Args:
            fault: as the client is told it.
            source, principal: pseudonyms, where they are known.
            reason: the word for the record, where that is more exact.
        """
        self._refused.count(source, principal, reason or fault.reason)
        return fault

    def record_refusals(self) -> None:
        """Record the refused token requests since the last call: one event a kind, so a flood fills no disk."""
        self._record(self._refused.take())

    def canonical(self, source: str) -> str:
        """Return the pseudonym that an address prefix is best known by; workers have one each."""
        if not source:
            return ""
        found = self._canonical.get(source)
        if found is None:
            with self._ports.store.begin() as connection:
                found = people.canonical(connection, source)
            if found is None:
                return source  # a worker named it just now
            if len(self._canonical) >= _SOURCES:
                self._canonical.clear()
            self._canonical[source] = found
        return found

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
        return self.issue(person, audience, seconds, Bound(key))

    def issue(
        self, principal: Principal, audience: str, seconds: int, bound: Bound, source: str = ""
    ) -> Issued:
        """Return a new token, on record, for a principal of whom somebody else has made sure.

        Raises:
            ValueError: another audience or life; JournalUnwritable: then nothing is issued.
        """
        issued = mint(self._ports.signer, principal, audience, seconds, self._ports.clock.now(), bound=bound)
        detail: dict[str, int | str] = {
            "audience": audience.rpartition(":")[2],
            "binding": bound.word,
            "seconds": seconds,
        }
        if source:
            detail["source"] = source.removeprefix("a-")
        entry = Entry("access.token.issued", principal.pseudonym, issued.id, Outcome.DONE, detail=detail)
        self._record([entry])
        return issued

    def tool_tags(self, principals: Iterable[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return pseudonym -> tag -> name: how the record calls tools that these principals may have called.

        Args:
            principals: by pseudonym; one that nobody has is left out.
            names: of tools.
        """
        keys = {person.pseudonym: person.content_key for person in self.people()}
        found: dict[str, dict[str, str]] = {}
        for pseudonym in principals:
            if key := keys.get(pseudonym):
                tags = ContentTags(key)
                found[pseudonym] = {tags.of(tool_tagged(name)): name for name in names}
        return found

    # ---- principals ----------------------------------------------------------------------------------------
    def people(self) -> tuple[Principal, ...]:
        """Return everybody, the revoked included."""
        with self._ports.store.begin() as connection:
            return people.people(connection)

    async def register(self, kind: Kind, name: str, roles: Iterable[str]) -> tuple[Principal, Secret]:
        """Return a new principal and its client secret, which is shown this once.

        Raises:
            NotAPrincipal, PrincipalExists, NotInForce, JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            person = people.register(connection, kind, name, roles, self._ports.clock.now())
            secret = give_secret(connection, person)
            self._record(registered(person))
        await self._publish()
        return person, secret

    async def revoke(self, principal: str, actor: str = "owner") -> int:
        """Refuse everything of a principal; return the generation in which that is in force everywhere.

        Args:
            principal: whom.
            actor: whose doing it is: `owner`, or a pseudonym.

        Raises:
            PrincipalUnknown, NotInForce, JournalUnwritable.
        """
        person = self._take_away(lambda connection: people.revoke(connection, principal))
        generation = await self._publish()
        self._record([Entry("access.principal.revoked", actor, person.pseudonym, Outcome.DONE)])
        return generation

    async def revoke_token(self, token: str) -> int:
        """Refuse one token, by its `jti`; return the generation in which that is in force everywhere.

        Raises:
            NotInForce, JournalUnwritable.
        """
        until = Nanoseconds(self._ports.clock.now() + LONGEST_LIFE)
        self._take_away(lambda connection: people.revoke_token(connection, token, until))
        generation = await self._publish()
        self._record([Entry("access.token.revoked", "owner", token, Outcome.DONE)])
        return generation

    async def erase(self, principal: str, actor: str = "owner") -> int:
        """Revoke a principal and delete what links it to its pseudonym, down to the bytes on the disk.

        Args:
            principal: whom.
            actor: whose doing it is: `owner`, or a pseudonym.

        Raises:
            PrincipalUnknown, NotInForce, JournalUnwritable.
        """
        person = self._take_away(lambda connection: people.erase(connection, principal))
        people.forget(self._ports.store)
        generation = await self._publish()
        self._record([Entry("access.principal.erased", actor, person.pseudonym, Outcome.DONE)])
        return generation

    def _take_away(self, change: Callable[[Connection], Changed]) -> Changed:
        """Commit what takes something away; where the disk is full, into the room that is kept for that.

        Raises:
            OperationalError: the store takes nothing, and there is no room to be made.
        """
        try:
            with self._ports.store.begin() as connection:
                return change(connection)
        except OperationalError:
            if not self._ports.room():
                raise
        with self._ports.store.begin() as connection:
            return change(connection)

    # ---- what sign-ins looked like -------------------------------------------------------------------------
    def answer(self, against: str, about: str, until: Nanoseconds) -> None:
        """Take note of what an alert is held against: policy sees a principal, the token endpoint slows a source.

        Args:
            against: `principal` or `source`; whom nobody is held against, nothing happens to.
            about: its pseudonym.
            until: instant; one that is over clears it.
        """
        now = self._ports.clock.now()
        if against == "source":
            if until > now:
                self._throttle.flag(about, until)
            else:
                self._throttle.clear(about)
        elif against == "principal" and (until > now or about in self._suspects):
            self._suspects[about] = until
            self._stale = True

    @property
    def suspects(self) -> Mapping[str, Nanoseconds]:
        """Pseudonyms of whom an alert is held against, and until when."""
        return dict(self._suspects)

    async def clear(self, about: str) -> None:
        """Hold nothing against a principal or a source any more.

        Raises:
            NotInForce, JournalUnwritable.
        """
        self.answer("source" if about.startswith("a-") else "principal", about, Nanoseconds(0))
        self._record([Entry("access.login.cleared", "owner", about, Outcome.CLEARED)])
        await self.settle_suspects()

    async def settle_suspects(self) -> None:
        """Put in force who is suspected now, where that has changed.

        Raises:
            NotInForce, JournalUnwritable.
        """
        now = self._ports.clock.now()
        over = [about for about, until in self._suspects.items() if until <= now]
        for about in over:
            del self._suspects[about]
        if self._stale or over:
            self._stale = False
            try:
                await self._publish()
            except NotInForce:
                self._stale = True
                raise

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

    def keep_addresses(self, minted: Iterable[Minted]) -> None:
        """Remember whose address prefix a worker's new pseudonyms stand for."""
        with self._ports.store.begin() as connection:
            people.keep_addresses(connection, minted)

    # ---- in force ------------------------------------------------------------------------------------------
    async def put_in_force(self) -> int:
        """Return the generation in which what the store holds now is in force in every worker.

        Raises:
            NotInForce, JournalUnwritable.
        """
        return await self._publish()

    async def _publish(self) -> int:
        async with self._order:
            now = self._ports.clock.now()
            with self._ports.store.begin() as connection:
                everybody = people.people(connection)
                revoked = people.revoked_tokens(connection, now)
                version = versions.newest(connection)
                external = self._ports.external(connection, now)
                fleet = self._ports.fleet(connection)
            text = "\n".join(version.files.values()) if version else ""
            policy = describe(everybody, self._ports.services, text, schema(), suspects=self._suspects)
            issuers = (self._ports.signer.trusted, *external.issuers)
            state = State(issuers, everybody, policy, revoked, external.links, external.ended, fleet)
            self.generation = await self._ports.publish(state)
            self.policy_digest = policy.digest
        if version is not None:
            self._ports.tell_policy(version)
        detail: dict[str, int | str] = {"generation": self.generation, "policy": policy.digest}
        self._record([Entry("platform.state.published", "platform", "", Outcome.DONE, detail=detail)])
        return self.generation

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        return self._ports.record(entries) if entries else (0, 0)
