"""The token endpoint's own work: who asks, with which proof, and what they get.

Rules of this file: a client is authenticated before anything that it sent is remembered, its proof included.
Refusals are counted and recorded together, so that a flood of them fills no disk. Nothing here knows HTTP.
"""

import secrets
from typing import Final

from bartizan.access.issue.client import authenticate, authenticate_application, authenticate_certified
from bartizan.access.issue.client_certificate import require_no_more
from bartizan.access.issue.device_code import Codes
from bartizan.access.issue.device_request import DeviceAsked
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused
from bartizan.access.issue.grant import TokenRequest
from bartizan.access.issue.mint import LIFETIME_S, UNBOUND, Bound, Issued
from bartizan.access.issue.paths import TOKEN_PATH
from bartizan.access.issue.pushed import Asked
from bartizan.access.issue.registered import OVER
from bartizan.access.issue.registered import terms as registration_terms
from bartizan.access.issue.resource import audience_of
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.device_flow import DeviceFlow
from bartizan.app.exchanging import Exchanging
from bartizan.app.lending import Lending
from bartizan.app.token_refusals import TokenRefusals
from bartizan.clock import SECOND
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs, Wanted
from bartizan.identity.principal import Principal
from bartizan.identity.proof_refusal import ProofRefused, ProofStale

_SECRET: Final = 32


class Granting:
    """Gives tokens to clients.

    Args:
        ports: of the process.
        registrar: who mints and records.
        lending: what applications get of people.
        device_flow: what devices without a browser do.
        exchanging: what agents get for tokens.
    """

    def __init__(
        self,
        ports: Ports,
        registrar: Registrar,
        lending: Lending,
        device_flow: DeviceFlow,
        exchanging: Exchanging,
    ) -> None:
        """Take them; nothing happens yet."""
        self._ports, self._registrar = ports, registrar
        self._lending, self._device_flow, self._exchanging = lending, device_flow, exchanging
        self._refused, self._throttle = TokenRefusals(), registrar.suspects.throttle
        self._proofs = Proofs(Secret(secrets.token_bytes(_SECRET)))

    async def grant(self, request: TokenRequest, source: str = "") -> Issued:
        """Return a token for a client that shows who it is.

        Args:
            request: what it asks for.
            source: pseudonym of the network that it asks from; empty where nobody knows.
        Raises:
            GrantRefused: it does not, asks for what is not, or too many from there did; counted for the record.
            JournalUnwritable: then nothing is issued.
            NotInForce: a family was to end, and not every worker has confirmed it.
        """
        source = self._registrar.sources.canonical(source)
        try:
            self._require_calm(source, request.credential.client)
            return await self._granted(request, source)
        except GrantRefused as fault:
            raise self._failed(fault, source) from fault

    async def _granted(self, request: TokenRequest, source: str) -> Issued:
        if request.code is not None or request.refresh or request.device:
            lender = self._device_flow if request.device else self._lending
            issued = await lender.grant(request, self._resolved(request), self.proven, source)
            self._throttle.granted(source, request.credential.client)
            return issued
        client = self._asking(request)
        self._throttle.granted(source, client.client)
        bound = Bound(self.proven(request.proof, client.pseudonym), request.certificate)
        if request.subject:
            return self._exchanging.grant(client, request.subject, self._resolved(request), bound, source)
        audience = self._own_audience(client, request, bound)
        return self._registrar.issue(client, audience, LIFETIME_S, bound, grant="client", source=source)

    def _asking(self, request: TokenRequest) -> Principal:
        """Return whose client asks in its own name, or in another's by exchange.

        Raises:
            GrantRefused: it does not show who it is, or wants more than a certificate is enough for.
        """
        shown = request.credential
        if shown.secret or shown.assertion:
            return self._client(shown)
        with self._ports.store.begin() as connection:
            client = authenticate_certified(
                connection, shown.client, request.certificate, self._ports.clock.now()
            )
        require_no_more(client, self.audience(request.audience, request.resource), request.proof)
        return client

    def _own_audience(self, client: Principal, request: TokenRequest, bound: Bound) -> str:
        """Return the audience of a token that a client asks for in its own name."""
        audience = self.audience(request.audience, request.resource)
        if not client.self_registered:
            return audience
        with self._ports.store.begin() as connection:
            found = registration_terms(connection, client.client)
        if found is None:  # it ended since
            raise GrantRefused(
                GrantFault.INVALID_CLIENT, OVER, "registration-over", principal=client.pseudonym
            )
        found.require_own()
        if found.bound and bound == UNBOUND:
            what = "this application has its tokens bound to a key: send a DPoP proof"
            raise GrantRefused(GrantFault.INVALID_DPOP_PROOF, what, principal=client.pseudonym)
        return found.audience(audience)

    def push(self, shown: Credential, asked: Asked, source: str = "") -> str:
        """Return the URI of a pushed authorization request.

        Raises:
            GrantRefused: it is not granted; counted for the record.
        """
        source = self._registrar.sources.canonical(source)
        try:
            self._require_calm(source, shown.client)
            return self._lending.push(shown, asked, self.audience(asked.audience, asked.resource))
        except GrantRefused as fault:
            raise self._failed(fault, source) from fault

    def begin(self, shown: Credential, asked: DeviceAsked, source: str = "") -> Codes:
        """Return the codes of a device's request; raises as `push`."""
        source = self._registrar.sources.canonical(source)
        try:
            self._require_calm(source, shown.client)
            audience = self.audience(asked.audience, asked.resource)
            return self._device_flow.begin(shown, asked.key, audience, source)
        except GrantRefused as fault:
            raise self._failed(fault, source) from fault

    def asker(self, shown: Credential, source: str, public: bool) -> Principal:  # noqa: FBT001 - a port, called by place
        """Return whose client asks about a token.

        Args:
            shown: by it.
            source: pseudonym of the network that it asks from; empty where nobody knows.
            public: whether an application that can keep no secret may, which shows its id alone.
        Raises:
            GrantRefused: it does not show who it is; counted for the record.
        """
        source = self._registrar.sources.canonical(source)
        try:
            self._require_calm(source, shown.client)
            if public and not shown.secret and not shown.assertion:
                return self._application(shown)
            client = self._client(shown)
        except GrantRefused as fault:
            raise self._failed(fault, source) from fault
        self._throttle.granted(source, client.client)
        return client

    def nonce(self) -> str:
        """Return what the next proofs for the token endpoint must hold."""
        return self._proofs.nonce(self._ports.clock.now())

    def refused(self, fault: GrantRefused, source: str = "") -> GrantRefused:
        """Count a refused request, to be recorded by `record_refusals`; return the fault.

        Args:
            fault: as the client is told it.
            source: pseudonym of the network, where it is known.
        """
        self._refused.count(source, fault.principal, fault.reason)
        return fault

    def record_refusals(self) -> None:
        """Record the refused requests since the last call: one event a kind, so a flood fills no disk."""
        entries = self._refused.take()
        if entries:
            self._ports.record(entries)

    def _require_calm(self, source: str, client: str) -> None:
        wait = self._throttle.wait(source, client, self._ports.clock.now())
        if wait:
            what = "too many wrong credentials came from this network; wait before the next one"
            raise GrantRefused(GrantFault.SLOW_DOWN, what, wait_s=-(-wait // SECOND))

    def _failed(self, fault: GrantRefused, source: str) -> GrantRefused:
        if fault.error is GrantFault.INVALID_CLIENT:
            self._throttle.failed(source, self._ports.clock.now())
        if fault.error is GrantFault.AUTHORIZATION_PENDING:
            return fault  # devices ask often, and do no wrong by it
        return self.refused(fault, source)

    def _client(self, shown: Credential) -> Principal:
        """Return whose client asks.

        Raises:
            GrantRefused: it does not show who it is.
        """
        with self._ports.store.begin() as connection:
            return authenticate(connection, shown, self._ports.signer.url, self._ports.clock.now())

    def _application(self, shown: Credential) -> Principal:
        now = self._ports.clock.now()
        return authenticate_application(self._ports.store, shown, self._ports.signer.url, now).principal

    def proven(self, proof: str, principal: str = "") -> str:
        """Return the thumbprint of the key that a proof for the token endpoint shows; empty where there is none.

        After the client was authenticated: a stranger's proofs fill no memory.

        Raises:
            GrantRefused: the proof is not good.
        """
        if not proof:
            return ""
        wanted = Wanted("POST", (self._ports.signer.url + TOKEN_PATH,))
        try:
            return self._proofs.verify(proof, wanted, self._ports.clock.now())
        except ProofStale as fault:
            raise GrantRefused(GrantFault.USE_DPOP_NONCE, str(fault), principal=principal) from fault
        except ProofRefused as fault:
            wrong = GrantFault.INVALID_DPOP_PROOF
            raise GrantRefused(wrong, str(fault), fault.reason, principal=principal) from fault

    def audience(self, audience: str, resource: str) -> str:
        """Return the audience of a token that is asked for by word, or by the URL of a service.

        Raises:
            GrantRefused: no service has that URL.
        """
        services = [each.name for each in self._ports.services if not each.control]
        return audience_of(resource, self._ports.signer.url, services) if resource else audience

    def _resolved(self, request: TokenRequest) -> str:
        return self.audience(request.audience, request.resource) if request.narrowed else ""
