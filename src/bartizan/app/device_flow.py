"""Devices that have no browser: what they ask for, what their person answers elsewhere, and the tokens that come of it.

Rules of this file: as `lending.py`, and besides: whoever answers has used their passkey in the last minutes, has typed the code
that the device shows, and is told who asks, for what, and from where. A yes is for this request alone; the next is asked anew.
Restarting the process loses the requests that wait. Nothing here knows HTTP.
Source: RFC 8628.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Final

from bartizan.access.issue.application import Application, application
from bartizan.access.issue.client import authenticate_application
from bartizan.access.issue.code import Let, digest
from bartizan.access.issue.device_code import Codes, Room, Tries, Waiting
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused
from bartizan.access.issue.grant import TokenRequest
from bartizan.access.issue.mint import Issued
from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.register import prefix_of
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.entry import Entry
from bartizan.app.lending import Lending
from bartizan.app.people import Who
from bartizan.clock import Nanoseconds
from bartizan.crypto.secret import Reticent, Secret
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Principal
from bartizan.identity.token import OF_ONE
from bartizan.identity.verified import acr
from bartizan.ledger.event import Outcome

Proven = Callable[[str], str]
"""(proof) -> thumbprint of the key that it shows; raises GrantRefused."""
_SECRET: Final = 32


class DeviceQuestion(Reticent, frozen=True):
    """What a person is to be asked.

    Attributes:
        application: name of who asks.
        service: the one service that is asked for; empty for all.
        control: whether Bartizan's own endpoints are asked for.
        network: address prefix that the device asked from; empty where nobody knows.
        beside: whether the person's browser is in the same network.
        asked: when, UTC nanoseconds.
        request: name of the request, for the form.
        token: that the answer must come with; good in this session, for this request.
        registered: whether the application registered itself.
    """

    application: str
    service: str
    control: bool
    network: str
    beside: bool
    asked: Nanoseconds
    request: str
    token: str
    registered: bool = False


class DeviceFlow:
    """Lets devices act for people.

    Args:
        ports: of the process.
        registrar: who records, and knows networks.
        lending: who gives tokens for what was let.
    """

    def __init__(self, ports: Ports, registrar: Registrar, lending: Lending) -> None:
        """Take them; there are no requests yet."""
        self._ports, self._registrar, self._lending = ports, registrar, lending
        self._room, self._tries = Room(), Tries()
        self._secret = Secret(secrets.token_bytes(_SECRET))

    # ---- the device ----------------------------------------------------------------------------------------
    def begin(self, shown: Credential, key: str, audience: str, source: str) -> Codes:
        """Return the codes of a new request.

        Args:
            shown: by the client.
            key: thumbprint that the tokens are to be bound to, or empty.
            audience: of the tokens.
            source: pseudonym of the network that asks, the first that it had; empty where nobody knows.
        Raises:
            GrantRefused: the client is none that may ask so.
        """
        found = self._application(shown)
        return self._room.ask(found.principal.client, found.audience(audience), key, source, self._now())

    async def grant(self, request: TokenRequest, audience: str, proven: Proven, source: str) -> Issued:
        """Return the tokens for a request that was answered with yes.

        Args:
            request: with the device code.
            audience: that it asks for; empty for what its person let it do.
            proven: looks at its proof.
            source: pseudonym of the network that asks; empty where nobody knows.
        Raises:
            GrantRefused: with the words of RFC 8628 section 3.5.
            JournalUnwritable: then nothing is issued.
            NotInForce: a family was to end, and not every worker has confirmed it.
        """
        found = self._application(request.credential)
        key = self._lending.key_of(found, request.proof, proven)
        let = self._room.take(request.device, found.principal.client, key, self._now())
        return await self._lending.start(let, digest(request.device), key, audience, "device", source)

    def _application(self, shown: Credential) -> Application:
        found = authenticate_application(self._ports.store, shown, self._ports.signer.url, self._now())
        if not found.device_flow:
            what = "this client may not ask so; register it with `bartizan identity add --device-flow`"
            raise GrantRefused(GrantFault.UNAUTHORIZED_CLIENT, what)
        return found

    # ---- the person ----------------------------------------------------------------------------------------
    def question(self, who: Who, typed: str, source: str) -> DeviceQuestion:
        """Return what somebody is asked who types a device's code.

        Args:
            who: signed in.
            typed: by them.
            source: pseudonym of the network that their browser is in; empty where nobody knows.
        Raises:
            SignInRefused: they did not use their passkey lately, no request waits with that code, or too many were wrong.
        """
        require_fresh(who)
        if not self._tries.allowed(who.person.id, who.now):
            raise SignInRefused(Fault.DEVICE_CODES_TOO_MANY)
        waiting = self._room.typed(typed, who.now)
        if waiting is None:
            self._tries.failed(who.person.id, who.now)
            raise SignInRefused(Fault.DEVICE_CODE_UNKNOWN)
        found, sources = self._asker(waiting), self._registrar.sources
        with self._ports.store.begin() as connection:
            network = prefix_of(connection, waiting.source) if waiting.source else ""
        _, word, *service = waiting.audience.split(OF_ONE)
        return DeviceQuestion(
            found.principal.name,
            "".join(service),
            word == "control",
            network,
            bool(source) and sources.canonical(waiting.source) == sources.canonical(source),
            waiting.asked,
            waiting.id,
            self._token(waiting, who),
            found.terms is not None,
        )

    def answer(self, who: Who, request: str, token: str, *, yes: bool) -> None:
        """Take somebody's answer.

        Args:
            who: signed in.
            request: of the question.
            token: of the question.
            yes: the answer.
        Raises:
            SignInRefused: they did not use their passkey lately, or this was not asked of them, in this session, or is over.
            JournalUnwritable: then nothing is given.
        """
        require_fresh(who)
        waiting = self._room.named(request, who.now)
        expected = "" if waiting is None else self._token(waiting, who)
        if waiting is None or not hmac.compare_digest(expected.encode(), token.encode()):
            raise SignInRefused(Fault.DEVICE_REQUEST_OVER)
        found = self._asker(waiting)
        let = _let(waiting, who) if yes else None
        self._record(waiting, who, found, yes=yes)
        self._room.answer(waiting, let, who.now)

    def forget(self, person: Principal, application: Principal) -> bool:
        """Forget what somebody let a device do of which the tokens were not had yet; return whether there was any."""
        return self._room.forget(person.client, application.client) > 0

    def _asker(self, waiting: Waiting) -> Application:
        with self._ports.store.begin() as connection:
            found = application(connection, waiting.client)
        if found is None:  # revoked since
            raise SignInRefused(Fault.DEVICE_REQUEST_OVER)
        return found

    def _token(self, waiting: Waiting, who: Who) -> str:
        said = f"{waiting.id} {who.person.id} {who.session.id}"
        return encoded(hmac.digest(self._secret.reveal(), said.encode(), "sha256"))

    def _record(self, waiting: Waiting, who: Who, found: Application, *, yes: bool) -> None:
        detail: dict[str, int | str] = {"client": found.principal.pseudonym, "flow": "device"}
        if waiting.source:
            detail["source"] = waiting.source.removeprefix("a-")
        if yes:
            words = waiting.audience.split(OF_ONE)[1:]
            detail |= dict(zip(("audience", "service"), words, strict=False))
        kind, outcome = ("given", Outcome.ALLOWED) if yes else ("refused", Outcome.DENIED)
        self._ports.record(
            [Entry(f"access.consent.{kind}", who.person.pseudonym, "", outcome, detail=detail)]
        )

    def _now(self) -> Nanoseconds:
        return self._ports.clock.now()


def require_fresh(who: Who) -> None:
    """Refuse whoever has not used their passkey in the last minutes.

    Raises:
        SignInRefused: so.
    """
    if not who.is_fresh:
        raise SignInRefused(Fault.VERIFICATION_OLD)


def _let(waiting: Waiting, who: Who) -> Let:
    verified = who.session.verified_by
    return Let(
        client=waiting.client,
        person=who.person.client,
        audience=waiting.audience,
        key=waiting.key,
        redirect="",
        challenge="",
        since=verified.at,
        acr=acr(verified.passkey),
        expires=waiting.expires,
    )
