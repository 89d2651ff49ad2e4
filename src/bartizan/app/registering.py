"""Applications that register themselves: who may, what they get, and how each manages its own registration and no other.

Rules of this file: policy decides, at registration and at each change, on every address that people are to be sent back to;
what no policy permits is refused. Who asks is known before anything of what it sends is read. An application has no roles,
a name of no choice of its own, and an end. What grants is recorded before it is committed, what takes away is in
force before that is answered. Refusals are counted and recorded together. Nothing here knows HTTP.
Source: RFC 7591; RFC 7592.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from bartizan.access import register as people
from bartizan.access.decide import REGISTER, Registration
from bartizan.access.errors import PrincipalUnknown
from bartizan.access.issue import registered as kept
from bartizan.access.issue.application import Application, application, make_application, unmake_application
from bartizan.access.issue.client_key import give_keys, listed
from bartizan.access.issue.credentials import give_secret
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.grant import CLIENT, CODE, DEVICE
from bartizan.access.issue.paths import REGISTER_PATH
from bartizan.access.issue.registered import Terms
from bartizan.access.issue.registration import (
    SECRETS,
    STATEMENT,
    RegistrationFault,
    RegistrationRefused,
    Wanted,
    information,
    read_document,
    wanted,
)
from bartizan.access.issue.resource import audience_of
from bartizan.access.issue.software_statement import Statement
from bartizan.access.outcome import ANYONE, FOREVER, Authenticated
from bartizan.app.admin.gate import CallRefused, Gate, Shows
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.entry import Entry, registered
from bartizan.app.token_refusals import ANYBODY, TokenRefusals
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.principal import ANONYMOUS, SELF_REGISTERED, Kind, Principal
from bartizan.identity.refusal import IssuerUnknown, TokenRefused
from bartizan.identity.token import OF_ONE
from bartizan.ledger.event import Outcome

REACH: Final = "reach-registration"
_SELF: Final = frozenset(
    {
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    }
)
_NOT_MANAGED: Final = "the registration access token is not good for this registration; each is good once"
Answer = dict[str, Any]
Vouched = Callable[[str, str], Awaitable[Statement]]
"""(software statement, our own URL) -> what it says; raises TokenRefused."""


class NotManaged(Exception):
    """A registration access token that manages nothing, or not this."""

    reason = "management-refused"

    def __init__(self) -> None:
        """Say what may be wrong; not which."""
        super().__init__(_NOT_MANAGED)


class _Asked(msgspec.Struct, frozen=True):
    """What an application wants to be, with what was looked up for it."""

    wanted: Wanted
    service: str
    statement: Statement | None
    sealed: str


class Registering:
    """Registers applications that ask for it.

    Args:
        ports: of the process.
        registrar: who puts changes in force, and revokes.
        gate: knows who shows a token, and asks the policies.
        vouched: reads software statements.
    """

    def __init__(self, ports: Ports, registrar: Registrar, gate: Gate, vouched: Vouched) -> None:
        """Take them; nothing happens yet."""
        self._ports, self._registrar, self._gate, self._vouched = ports, registrar, gate, vouched
        self._refused = TokenRefusals("access.client.refused", "")

    @property
    def possible(self) -> bool:
        """Whether the policies in force could permit anybody to register anything."""
        return self._gate.may_permit(REACH, REGISTER)

    def nonce(self) -> str:
        """Return what the next proofs must hold."""
        return self._gate.nonce()

    async def register(self, shows: Shows, document: bytes) -> Answer:
        """Return what a new application is registered as, with its credentials, which are shown this once.

        Args:
            shows: who asks, and from where.
            document: client metadata, JSON.
        Raises:
            CallRefused: who asks is not known, or no policy permits it.
            RegistrationRefused: with the words of RFC 7591 section 3.2.2.
            NotInForce, JournalUnwritable: then nothing is answered.
        """
        source = self._registrar.sources.canonical(shows.source)
        try:
            who = self._gate.known(shows)
        except CallRefused as fault:
            raise self._count(fault, source or ANYBODY) from fault
        actor = who.principal.pseudonym if who is not ANYONE else source or ANYBODY
        try:
            asked = await self._read(read_document(document))
            self._require(who, shows, asked)
            answer = self._made(who, source, actor, asked)
        except (CallRefused, RegistrationRefused) as fault:
            raise self._count(fault, actor) from fault
        await self._registrar.publish()
        return answer

    def read(self, client: str, token: str, source: str) -> Answer:
        """Return what an application is registered as, and the token that manages it next.

        Args:
            client: its `client_id`.
            token: registration access token; used up by this.
            source: pseudonym of the network that asks, or empty.
        Raises:
            NotManaged: counted for the record.
        """
        with self._ports.store.begin() as connection:
            found = self._managed(connection, client, token, source)
            following = kept.renew_token(connection, client)
            return self._told(_as_kept(connection, found, self._ports.signer.url), found, following)

    async def update(self, client: str, shows: Shows, document: bytes) -> Answer:
        """Return what an application is registered as from now on, with a new secret where it has one.

        Args:
            client: its `client_id`.
            shows: the registration access token, used up by a change that is made, and from where it comes.
            document: all of its metadata, JSON.
        Raises:
            NotManaged, CallRefused, RegistrationRefused: nothing has changed then, and the token is as good as before.
            NotInForce, JournalUnwritable.
        """
        token, source = shows.shown.token, self._registrar.sources.canonical(shows.source)
        with self._ports.store.begin() as connection:
            found = self._managed(connection, client, token, source)
            who = self._registrant(connection, found)
            itself = people.of_client(connection, client)
        try:
            said = read_document(document)
            _require_own(said, client)
            asked = await self._read(said)
            self._require(who, shows, asked, update=True)
        except (CallRefused, RegistrationRefused) as fault:
            raise self._count(fault, source or ANYBODY, itself.pseudonym) from fault
        with self._ports.store.begin() as connection:
            self._managed(connection, client, token, source)
            secret = self._equip(connection, itself, asked, found)
            kept.change(connection, client, asked.wanted, asked.service, self._now())
            following, after = kept.renew_token(connection, client), kept.terms(connection, client)
            self._record("access.client.updated", itself.pseudonym, itself, asked, source)
        await self._registrar.publish()
        return self._told(asked.wanted, after or found, following, secret, asked.sealed)

    async def withdraw(self, client: str, token: str, source: str) -> None:
        """End a registration; everything of the application is refused in every worker when this returns.

        Arguments and errors as of `read`.
        """

        def change(connection: Connection) -> Principal:
            self._managed(connection, client, token, source)
            kept.end(connection, client, self._now())
            return people.revoke(connection, people.of_client(connection, client).id)

        def said(itself: Principal) -> list[Entry]:
            who = itself.pseudonym
            kinds = ("access.principal.revoked", "access.client.withdrawn")
            return [Entry(kind, who, who, Outcome.DONE) for kind in kinds]

        await self._registrar.publication.take_away(change, said)

    def record_refusals(self) -> None:
        """Record what was refused since the last call: one event a kind, so a flood fills no disk."""
        entries = self._refused.take()
        if entries:
            self._ports.record(entries)

    # ---- what is asked for ---------------------------------------------------------------------------------
    async def _read(self, said: dict[str, Any]) -> _Asked:
        sealed, statement = said.get(STATEMENT, ""), None
        if not isinstance(sealed, str):
            raise RegistrationRefused(RegistrationFault.STATEMENT, "software_statement is no text")
        if STATEMENT in said:
            statement = await self._statement(sealed)
            said = said | statement.said
        found = wanted(said)
        return _Asked(found, self._service(found.resource), statement, sealed)

    async def _statement(self, sealed: str) -> Statement:
        try:
            return await self._vouched(sealed, self._ports.signer.url)
        except IssuerUnknown as fault:
            what = "no issuer that vouches for software here has signed the statement"
            raise RegistrationRefused(RegistrationFault.UNAPPROVED, what) from fault
        except TokenRefused as fault:
            what = (
                "the software statement does not hold: it is malformed, forged, not for here, or not good now"
            )
            raise RegistrationRefused(
                RegistrationFault.STATEMENT, what, f"statement-{fault.reason}"
            ) from fault

    def _service(self, resource: str) -> str:
        if not resource:
            return ""
        services = [each.name for each in self._ports.services if not each.control]
        try:
            return audience_of(resource, self._ports.signer.url, services).rpartition(OF_ONE)[2]
        except GrantRefused as fault:
            raise RegistrationRefused(RegistrationFault.METADATA, fault.what) from fault

    def _require(self, who: Authenticated, shows: Shows, asked: _Asked, *, update: bool = False) -> None:
        found, statement = asked.wanted, asked.statement
        each = (
            Registration(
                shows.quantum_safe,
                redirect_scheme=address.scheme,
                redirect_host=address.host,
                auth=_auth(found.method),
                code_flow=CODE in found.grants,
                device_flow=DEVICE in found.grants,
                own_tokens=CLIENT in found.grants,
                service=asked.service,
                statement="" if statement is None else statement.issuer,
                software="" if statement is None else statement.software,
                update=update,
            )
            for address in found.addresses()
        )
        self._gate.require(who, REGISTER, each)

    # ---- what is kept --------------------------------------------------------------------------------------
    def _made(self, who: Authenticated, source: str, actor: str, asked: _Asked) -> Answer:
        now, by = self._now(), (who.principal.client, source)
        with self._ports.store.begin() as connection:
            kept.require_room(connection, by, now)
            made = people.register(connection, Kind.WORKLOAD, kept.new_name(), (), now, kept=SELF_REGISTERED)
            secret = self._equip(connection, made, asked, None)
            token = kept.add(connection, made, by, asked.wanted, asked.service, now)
            self._ports.record(registered(made, actor))
            self._record("access.client.registered", actor, made, asked, source)
            found = kept.terms(connection, made.client)
        if found is None:  # it has just been made
            raise PrincipalUnknown
        return self._told(asked.wanted, found, token, secret, asked.sealed)

    def _equip(self, connection: Connection, made: Principal, asked: _Asked, before: Terms | None) -> str:
        """Give a client what it authenticates by, and make it the application that it asks to be; return its secret, if any."""
        found = asked.wanted
        give_keys(connection, made, found.jwks)
        secret = give_secret(connection, made).reveal().decode() if found.method in SECRETS else ""
        device = DEVICE in found.grants
        there = application(connection, made.client)
        if before is not None and _same(there, found, asked.service, before):
            return secret
        # What people let another application do, they did not let this one.
        unmake_application(connection, made, self._now())
        if found.redirects or device:
            make_application(connection, made, found.redirects, public=found.public, device_flow=device)
        return secret

    def _managed(self, connection: Connection, client: str, token: str, source: str) -> Terms:
        found = kept.managed(connection, client, token, self._now())
        if found is None:
            raise self._count(NotManaged(), source or ANYBODY)
        return found

    def _registrant(self, connection: Connection, found: Terms) -> Authenticated:
        """Return who registered an application, as far as that is known without them: by no passkey, from no device."""
        if not found.registrant:
            return ANYONE
        try:
            person = people.of_client(connection, found.registrant)
        except PrincipalUnknown:
            person = ANONYMOUS  # erased; its applications were revoked with it
        return Authenticated(person, "", FOREVER)

    def _record(self, kind: str, actor: str, made: Principal, asked: _Asked, source: str) -> None:
        found, statement = asked.wanted, asked.statement
        detail: dict[str, int | str] = {
            "method": _auth(found.method).replace("_", "-"),
            "redirects": len(found.redirects),
            **({"service": asked.service} if asked.service else {}),
            **({} if statement is None else {"statement": statement.issuer}),
            **({"source": source.removeprefix("a-")} if source else {}),
        }
        self._ports.record([Entry(kind, actor, made.pseudonym, Outcome.DONE, detail=detail)])

    # ---- what is answered ----------------------------------------------------------------------------------
    def _told(self, found: Wanted, terms: Terms, token: str, secret: str = "", sealed: str = "") -> Answer:
        url = f"{self._ports.signer.url}{REGISTER_PATH}?client_id={terms.client}"
        until = terms.expires // SECOND
        return {
            "client_id": terms.client,
            "registration_access_token": token,
            "registration_client_uri": url,
            **information(found, terms.made, terms.expires),
            **({"client_secret": secret} if secret else {}),
            **({"client_secret_expires_at": until} if found.method in SECRETS else {}),
            **({STATEMENT: sealed} if sealed else {}),
        }

    def _count(self, fault: Exception, source: str, principal: str = "") -> Exception:
        self._refused.count(source, principal, str(getattr(fault, "reason", "refused")))
        return fault

    def _now(self) -> Nanoseconds:
        return self._ports.clock.now()


def _auth(method: str) -> str:
    return "client_secret" if method in SECRETS else method


def _require_own(said: dict[str, Any], client: str) -> None:
    """Refuse a change that does not say whose it is, or says what the server alone does.

    Source: RFC 7592 section 2.2.
    """
    if said.get("client_id") != client or _SELF & said.keys():
        what = "a change names its client_id, and nothing that this server gives"
        raise RegistrationRefused(RegistrationFault.METADATA, what)


def _same(there: Application | None, found: Wanted, service: str, before: Terms) -> bool:
    """Return whether an application asks people for the same, and has them come back to the same places."""
    if there is None:
        return not found.redirects and DEVICE not in found.grants
    kinds = (there.public, there.device_flow, before.service)
    return set(there.redirects) == set(found.redirects) and kinds == (
        found.public,
        DEVICE in found.grants,
        service,
    )


def _as_kept(connection: Connection, found: Terms, url: str) -> Wanted:
    there = application(connection, found.client)
    resource = f"{url}/{found.service}" if found.service else ""
    redirects: Sequence[str] = () if there is None else there.redirects
    jwks = listed(connection, found.client)
    return Wanted(found.method, found.grants, tuple(redirects), jwks, resource, found.bound)
