"""What people let applications do: consent, the code that stands for it, and the tokens that come of it.

Rules of this file: whoever asks is authenticated before anything is looked up, and a person before anything is kept. A
code and a refresh token are good once; one that comes again ends its family, in every worker, before that is answered.
What grants is recorded before it is committed. Nothing here knows HTTP.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from bartizan.access.errors import PrincipalUnknown
from bartizan.access.issue import code as codes
from bartizan.access.issue import family as families
from bartizan.access.issue.application import Application, application
from bartizan.access.issue.client import authenticate_application
from bartizan.access.issue.code import CodeShown, Let, SignedIn
from bartizan.access.issue.family import Family, RefreshTokens
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused
from bartizan.access.issue.grant import TokenRequest
from bartizan.access.issue.mint import LIFETIME_S, Bound, Issued, Lent
from bartizan.access.issue.pushed import Asked, Pushed, RequestUnknown, Sealed
from bartizan.access.issue.redirect import matches
from bartizan.access.issue.registration import address_of
from bartizan.access.issue.step_up import UNMET, Step, step
from bartizan.access.links import is_over
from bartizan.access.people.session import FRESH
from bartizan.access.register import get, of_client
from bartizan.access.tables import CONSENT
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.entry import Entry
from bartizan.clock import SECOND
from bartizan.crypto.secret import Reticent, Secret
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.token import OF_ONE
from bartizan.ledger.event import Outcome

Proven = Callable[[str], str]
"""(proof) -> thumbprint of the key that it shows; raises GrantRefused."""
_NOT_GOOD: Final = (
    "the code or refresh token is not good, or is not this client's; have the person asked again"
)
_SECRET: Final = 32


class Question(Reticent, frozen=True):
    """What a person is to be asked.

    Attributes:
        application: name of who asks.
        service: the one service that is asked for; empty for all.
        control: whether Bartizan's own endpoints are asked for.
        answered: whether the person said yes to the same before, so that it need not be asked.
        token: that the answer must come with; good in this session, for this request.
        step: what their sign-in is for it; where it is not enough, nothing is asked.
        registered: of an application that registered itself, the host that the answer goes to, empty for a program on this
            device; None where a person registered it.
    """

    application: str
    service: str
    control: bool
    answered: bool
    token: str
    step: Step = Step.ENOUGH
    registered: str | None = None


class Decided(Reticent, frozen=True):
    """Where a browser goes with an answer: the address and what is put behind it."""

    redirect: str
    said: dict[str, str]


class Lending:
    """Lets applications act for people.

    Args:
        ports: of the process.
        registrar: who mints and records.
        refresh: writes and knows refresh tokens.
    """

    def __init__(self, ports: Ports, registrar: Registrar, refresh: RefreshTokens) -> None:
        """Take them; requests that were pushed to another process are not known here."""
        self._ports, self._registrar, self._refresh = ports, registrar, refresh
        self._sealed = Sealed(Secret(secrets.token_bytes(_SECRET)))
        self._secret = Secret(secrets.token_bytes(_SECRET))

    # ---- asking --------------------------------------------------------------------------------------------
    def push(self, shown: Credential, asked: Asked, audience: str) -> str:
        """Return the URI of a request; it is kept nowhere else.

        Args:
            shown: by the client.
            asked: by its form.
            audience: that this comes to.
        Raises:
            GrantRefused: the client is none that may ask, or the address is not its own.
        """
        now = self._ports.clock.now()
        found = authenticate_application(self._ports.store, shown, self._ports.signer.url, now)
        if not matches(asked.redirect, found.redirects):
            what = "redirect_uri is not one that the application registered"
            raise GrantRefused(GrantFault.INVALID_REQUEST, what, "redirect-unknown")
        return self._sealed.write(asked, found.principal.client, found.audience(audience), now)

    def question(self, uri: str, client: str, signed_in: SignedIn) -> Question:
        """Return what somebody who is signed in is asked.

        Raises:
            RequestUnknown: there is no such request, or nobody who could answer it.
        """
        pushed = self._read(uri, client)
        with self._ports.store.begin() as connection:
            found, person = self._both(connection, pushed, signed_in)
            answered = not found.public and _consented(connection, person, pushed)
        _, word, *service = pushed.audience.split(OF_ONE)
        return Question(
            found.principal.name,
            "".join(service),
            word == "control",
            answered,
            self._token(pushed, signed_in),
            self._step(pushed, signed_in),
            address_of(pushed.redirect).host if found.terms is not None else None,
        )

    def decide(self, uri: str, client: str, signed_in: SignedIn, token: str, *, yes: bool) -> Decided:
        """Return where the browser goes, with a code where the person said yes.

        Args:
            uri, client: of the request.
            signed_in: who answers.
            token: of the question.
            yes: the answer.
        Raises:
            RequestUnknown: no such request, an answer that was not given to this question, or a second one.
            JournalUnwritable: then nothing is given.
        """
        pushed = self._read(uri, client)
        expected = self._token(pushed, signed_in)
        if not token.isascii() or not hmac.compare_digest(expected, token):
            raise RequestUnknown
        enough = self._step(pushed, signed_in)
        with self._ports.store.begin() as connection:
            found, person = self._both(connection, pushed, signed_in)
            if enough is Step.UNMET:
                return self._back(pushed, {"error": UNMET})
            if enough is Step.AGAIN:  # it got too old while the question was open
                raise RequestUnknown
            if not yes:
                self._record("access.consent.refused", person, found)
                return self._back(pushed, {"error": "access_denied"})
            code = codes.give(connection, pushed, person, signed_in, self._ports.clock.now())
            if not code:
                raise RequestUnknown
            if not _consented(connection, person, pushed):
                self._consent(connection, person, pushed)
            self._record("access.consent.given", person, found, pushed.audience)
        return self._back(pushed, {"code": code})

    # ---- granting ------------------------------------------------------------------------------------------
    async def grant(self, request: TokenRequest, audience: str, proven: Proven, source: str = "") -> Issued:
        """Return the token of a code or of a refresh token, and the refresh token that is good next.

        Args:
            request: with one of both.
            audience: that it asks for; empty where it asks for what was consented to.
            proven: of the token endpoint.
            source: pseudonym of the network that asks; empty where nobody knows.
        Raises:
            GrantRefused: with the words of RFC 6749 section 5.2; the code is gone all the same.
            JournalUnwritable: then nothing is issued.
            NotInForce: a family was to end, and not every worker has confirmed it.
        """
        url, now = self._ports.signer.url, self._ports.clock.now()
        found = authenticate_application(self._ports.store, request.credential, url, now)
        key = self.key_of(found, request.proof, proven)
        if request.code is not None:
            return await self._redeem(request.code, found, key, audience, source)
        return await self._go_on(request.refresh, found, key, audience, source)

    @staticmethod
    def key_of(found: Application, proof: str, proven: Proven) -> str:
        """Return the thumbprint of the key that an application proves; empty where it proves none and need not.

        Raises:
            GrantRefused: the proof is not good, or there is none and the application's tokens are always bound.
        """
        key = proven(proof)
        if found.bound and not key:
            what = "this application has its tokens bound to a key: send a DPoP proof"
            raise GrantRefused(GrantFault.INVALID_DPOP_PROOF, what)
        return key

    async def start(
        self, let: Let | None, code: bytes, key: str, audience: str, grant: str, source: str
    ) -> Issued:
        """Return the first tokens of a new family.

        Args:
            let: by the person; None where the code is none that stands for anything any more, or ever did.
            code: digest of it.
            key: thumbprint that the tokens are bound to, or empty.
            audience: that is asked for; empty for what was let.
            grant: its word in the record.
            source: pseudonym of the network that asks; empty where nobody knows.
        Raises:
            GrantRefused, JournalUnwritable, NotInForce: as `grant`.
        """
        if let is None:
            with self._ports.store.begin() as connection:
                came = families.of_code(connection, code)
            raise await self._reused(came, "code-reused", "code-unknown")
        _require_same(audience, let.audience)
        with self._ports.store.begin() as connection:
            person = self._person(connection, let)
            if is_over(connection, person.id, let.since):
                raise _refused("person-signed-out", person.pseudonym)
            now, device = self._ports.clock.now(), grant == "device"
            family = families.found(connection, let, code, key, now, device=device)
            over = families.give_way(connection, let, now)
            issued = self._issue(family, person, grant, source)
        if over:
            await self._registrar.ended(over, person, "gave-way")
        return issued

    async def _redeem(
        self, shown: CodeShown, found: Application, key: str, audience: str, source: str
    ) -> Issued:
        with self._ports.store.begin() as connection:
            let = codes.take(connection, shown.code)
        fault = (
            ""
            if let is None
            else codes.fault_of(let, shown, found.principal.client, key, self._ports.clock.now())
        )
        if fault:
            raise _refused(fault)
        return await self.start(let, codes.digest(shown.code), key, audience, "code", source)

    async def _go_on(self, token: str, found: Application, key: str, audience: str, source: str) -> Issued:
        name, number = self._refresh.read(token)
        with self._ports.store.begin() as connection:
            family = families.living(connection, name, self._ports.clock.now())
            used = family is not None and number != family.number
            if family is not None and not used:
                _require_own(family, found, key)
                _require_same(audience, family.audience)
                person = self._person(connection, family)
                return self._issue(
                    families.go_on(connection, family, self._ports.clock.now()), person, "refresh", source
                )
        raise await self._reused(family, "refresh-reused", "refresh-unknown")

    def _issue(self, family: Family, person: Principal, grant: str, source: str) -> Issued:
        issued = self._registrar.issue(
            person,
            family.audience,
            LIFETIME_S,
            Bound(family.key),
            grant=grant,
            source=source,
            lent=Lent(family.client, family.id, family.since, family.acr),
        )
        return msgspec.structs.replace(issued, refresh=self._refresh.write(family.id, family.number))

    async def _reused(self, family: Family | None, reason: str, otherwise: str) -> GrantRefused:
        """Return the refusal of what was used before, or never was; the family that came of it is at its end."""
        if family is None:
            return _refused(otherwise)
        with self._ports.store.begin() as connection:
            person = self._person(connection, family, revoked=True)
        await self._registrar.end_family(family.id, person, reason)
        return _refused(reason, person.pseudonym)

    def _step(self, pushed: Pushed, signed_in: SignedIn) -> Step:
        done = (signed_in.acr, signed_in.since)
        return step(pushed.acr, _max_age(pushed), pushed.asked, done, self._ports.clock.now())

    # ---- parts ---------------------------------------------------------------------------------------------
    def _read(self, uri: str, client: str) -> Pushed:
        return self._sealed.read(uri, client, self._ports.clock.now())

    def _both(
        self, connection: Connection, pushed: Pushed, signed_in: SignedIn
    ) -> tuple[Application, Principal]:
        """Return who asks and who is asked; only a user that is not revoked can be."""
        found = application(connection, pushed.client)
        try:
            person = get(connection, signed_in.principal)
        except PrincipalUnknown as fault:
            raise RequestUnknown from fault
        asked = found is not None and matches(pushed.redirect, found.redirects)
        if found is None or not asked or person.revoked or person.kind is not Kind.USER:
            raise RequestUnknown
        return found, person

    @staticmethod
    def _person(connection: Connection, of: Let | Family, *, revoked: bool = False) -> Principal:
        try:
            person = of_client(connection, of.person)
        except PrincipalUnknown as fault:
            raise _refused("person-revoked") from fault
        if person.revoked and not revoked:
            raise _refused("person-revoked")
        return person

    def _token(self, pushed: Pushed, signed_in: SignedIn) -> str:
        said = f"{pushed.id} {signed_in.principal} {signed_in.session}"
        return encoded(hmac.digest(self._secret.reveal(), said.encode(), "sha256"))

    def _consent(self, connection: Connection, person: Principal, pushed: Pushed) -> None:
        row = {"person": person.client, "client": pushed.client, "audience": pushed.audience}
        connection.execute(insert(CONSENT).values(**row, at=self._ports.clock.now()))

    def _back(self, pushed: Pushed, said: dict[str, str]) -> Decided:
        """Return the way back; `iss` tells the application whose answer it is (RFC 9207)."""
        state = {"state": pushed.state} if pushed.state else {}
        return Decided(pushed.redirect, {**said, **state, "iss": self._ports.signer.url})

    def _record(self, kind: str, person: Principal, found: Application, audience: str = "") -> None:
        words = dict(zip(("audience", "service"), audience.split(OF_ONE)[1:], strict=False))
        detail: dict[str, int | str] = {"client": found.principal.pseudonym, **words}
        outcome = Outcome.ALLOWED if audience else Outcome.DENIED
        self._ports.record([Entry(kind, person.pseudonym, "", outcome, detail=detail)])


def _consented(connection: Connection, person: Principal, pushed: Pushed) -> bool:
    row = select(CONSENT.c.at).where(
        CONSENT.c.person == person.client,
        CONSENT.c.client == pushed.client,
        CONSENT.c.audience == pushed.audience,
    )
    return connection.execute(row).first() is not None


def _require_own(family: Family, found: Application, key: str) -> None:
    if family.client != found.principal.client:
        raise _refused("refresh-of-another")
    if family.key and family.key != key:
        raise _refused("refresh-of-another-key")


def _max_age(pushed: Pushed) -> int | None:
    """Return how old the sign-in may be, seconds: for the platform's own interface, as for what its pages want a passkey again."""
    if pushed.audience.split(OF_ONE)[1] != "control":
        return pushed.max_age_s
    fresh = FRESH // SECOND
    return fresh if pushed.max_age_s is None else min(fresh, pushed.max_age_s)


def _require_same(asked: str, consented: str) -> None:
    if asked and asked != consented:
        what = "this is not what the person consented to"
        raise GrantRefused(GrantFault.INVALID_TARGET, what)


def _refused(reason: str, principal: str = "") -> GrantRefused:
    return GrantRefused(GrantFault.INVALID_GRANT, _NOT_GOOD, reason, principal=principal)
