"""Tokens for workloads that show their certificate, or a token of their trust domain.

Rules of this file: such a token is always bound, to the key of a proof or to the certificate itself, where the connection
shows that very one. The gateway's word about the connection binds a token; it lets nobody in.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from sqlalchemy import Engine

from bartizan.access.errors import PrincipalUnknown
from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.mint import LIFETIME_S, Bound, Issued, SpiffeShown
from bartizan.access.issue.svid import Assertions, Request, read_request
from bartizan.access.issue.workload_assertion import Shown
from bartizan.access.register import get
from bartizan.clock import Clock
from bartizan.identity.principal import Principal

_WHAT: Final = "the assertion is not accepted; the record says why"
_UNBOUND: Final = "show a certificate in the connection too, or a DPoP proof: a workload's token is bound"


class Ports(msgspec.Struct, frozen=True):
    """What this needs of control.

    Attributes:
        store: opened.
        clock: tells the time.
        proven: (DPoP proof, pseudonym) -> thumbprint of its key, empty for an empty one. Raises GrantRefused.
        issue: (principal, audience, seconds, what it is bound to, source, SPIFFE ID that was shown) -> a token, on
            record. Raises JournalUnwritable.
        refused: counts a refusal for the record, by source, and returns it.
    """

    store: Engine
    clock: Clock
    proven: Callable[[str, str], str]
    issue: Callable[[Principal, str, int, Bound, str, SpiffeShown], Issued]
    refused: Callable[[GrantRefused, str], GrantRefused]


class WorkloadTokens:
    """Issues them.

    Args:
        ports: of control.
        assertions: that are taken.
    """

    def __init__(self, ports: Ports, assertions: Assertions) -> None:
        """Take both."""
        self._ports, self._assertions = ports, assertions

    @property
    def methods(self) -> tuple[str, ...]:
        """How a workload may authenticate as a client, as the metadata call it."""
        return self._assertions.methods

    def grant(self, form: Mapping[str, str], proof: str, certificate: str, source: str) -> Issued:
        """Return a token for a workload that signs with its certificate's key, or shows its trust domain's token.

        Args:
            form: of the request, one that `access.issue.svid.is_workloads`.
            proof: value of DPoP, or empty.
            certificate: thumbprint of the connection's certificate as the gateway tells it, or empty.
            source: pseudonym of the network that asks, or empty.
        Raises:
            GrantRefused: it does not; counted for the record.
            JournalUnwritable: then nothing is issued.
        """
        try:
            request = read_request(form)
            shown = self._taken(request)
        except AssertionWrong as fault:
            raise self._refusal(fault.reason, source) from fault
        principal = self._principal(shown.principal, source)
        if shown.certificate and certificate not in ("", shown.certificate):
            raise self._refusal("certificate-of-another", source, principal.pseudonym)
        if not proof and not certificate:
            who = principal.pseudonym
            unbound = GrantRefused(GrantFault.INVALID_REQUEST, _UNBOUND, "binding-missing", principal=who)
            raise self._ports.refused(unbound, source)
        try:
            bound = Bound(self._ports.proven(proof, principal.pseudonym), certificate)
        except GrantRefused as fault:
            raise self._ports.refused(fault, source) from fault
        try:
            self._assertions.tie(shown, bound.key or bound.certificate, self._ports.clock.now())
        except AssertionWrong as fault:
            raise self._refusal(fault.reason, source, principal.pseudonym) from fault
        spiffe = SpiffeShown(shown.spiffe_id, shown.domain)
        return self._ports.issue(principal, request.audience, LIFETIME_S, bound, source, spiffe)

    def _taken(self, request: Request) -> Shown:
        """Return what the assertion of a request shows.

        Raises:
            AssertionWrong: it is not good, or another's than the request says.
        """
        shown = self._assertions.take(request.assertion, self._ports.clock.now(), token=request.token)
        if request.client not in ("", shown.spiffe_id):
            raise AssertionWrong("assertion-of-another")
        return shown

    def _principal(self, named: str, source: str) -> Principal:
        with self._ports.store.begin() as connection:
            try:
                principal = get(connection, named)
            except PrincipalUnknown as fault:
                raise self._refusal("principal-unknown", source) from fault
        if principal.revoked:
            raise self._refusal("principal-revoked", source, principal.pseudonym)
        return principal

    def _refusal(self, reason: str, source: str, principal: str = "") -> GrantRefused:
        fault = GrantRefused(GrantFault.INVALID_GRANT, _WHAT, reason, principal=principal)
        return self._ports.refused(fault, source)


def read_authority(path: Path) -> x509.Certificate:
    """Return the certificate (PEM) of the client authority, which the sealer has written before control starts.

    Raises:
        OSError, ValueError: it is not there, or something else.
    """
    return x509.load_pem_x509_certificate(path.read_bytes())
