"""Trust domains besides our own: by which bundle their workloads are believed, until when, and who these are here.

Rules of this file: a workload is believed by the bundle of the one domain that it names, while that bundle counts. Whom a
SPIFFE ID stands for is said in the configuration, ID by ID: one that is not there is nobody.
Source: X.509-SVID and JWT-SVID specifications; SPIFFE Trust Domain and Bundle specification.
"""

from collections.abc import Mapping, Sequence

import msgspec

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.clock import Nanoseconds
from bartizan.crypto.svid import Svid
from bartizan.crypto.svid_chain import verify_chain
from bartizan.identity.spiffe import NotSpiffe, SpiffeId, spiffe_id
from bartizan.identity.token import Issuer, pin
from bartizan.identity.trust_bundle import ALGORITHMS, Bundle


class TrustDomain(msgspec.Struct, frozen=True):
    """A trust domain as it is configured.

    Attributes:
        name: in the record.
        trust_domain: such as `corp.example`.
        workloads: path of a SPIFFE ID -> name of the principal `workload.NAME`.
    """

    name: str
    trust_domain: str
    workloads: Mapping[str, str] = {}


class _Believed(msgspec.Struct, frozen=True):
    """A bundle, its keys ready to verify with, and until when it counts."""

    bundle: Bundle
    keys: Issuer
    until: Nanoseconds


class TrustDomains:
    """The trust domains whose workloads may ask for tokens.

    Args:
        configured: all of them; none has a bundle yet.
    """

    def __init__(self, configured: Sequence[TrustDomain] = ()) -> None:
        """Believe nobody yet."""
        self._domains = {each.trust_domain: each for each in configured}
        self._believed: dict[str, _Believed] = {}

    def __contains__(self, trust_domain: str) -> bool:
        """Return whether a trust domain is configured."""
        return trust_domain in self._domains

    def __bool__(self) -> bool:
        """Return whether any is configured."""
        return bool(self._domains)

    def believe(self, trust_domain: str, bundle: Bundle, until: Nanoseconds) -> None:
        """Believe a trust domain's workloads by this bundle and by no earlier one.

        Args:
            trust_domain: one that is configured.
            bundle: its own.
            until: instant from which nobody is believed by it.
        """
        known = self._believed.get(trust_domain)
        if known is not None and known.bundle == bundle:
            self._believed[trust_domain] = msgspec.structs.replace(known, until=until)
            return
        self._believed[trust_domain] = _Believed(bundle, pin(trust_domain, ALGORITHMS, bundle.keys), until)

    def svid(self, trust_domain: str, chain: Sequence[bytes], now: Nanoseconds) -> Svid:
        """Return what a certificate of a trust domain says.

        Args:
            trust_domain: that it names.
            chain: it, and those between it and an authority, DER.
            now: the instant.
        Raises:
            AssertionWrong, SvidWrong: with the word of the first fault.
        """
        authorities = self._now(trust_domain, now).bundle.authorities
        if not authorities:
            raise AssertionWrong("bundle-missing")
        return verify_chain(chain, authorities, trust_domain, now)

    def keys(self, trust_domain: str, now: Nanoseconds) -> Issuer:
        """Return the keys of a trust domain's tokens.

        Raises:
            AssertionWrong: it is not configured, or its bundle does not count.
        """
        return self._now(trust_domain, now).keys

    def workload(self, uri: str) -> tuple[SpiffeId, str, str]:
        """Return the SPIFFE ID of a workload that was believed, the configured name of its domain, and its own name.

        Raises:
            AssertionWrong: it is nobody here.
        """
        try:
            found = spiffe_id(uri)
        except NotSpiffe as fault:
            raise AssertionWrong("svid-malformed") from fault
        domain = self._domains.get(found.trust_domain)
        name = None if domain is None else domain.workloads.get(found.path)
        if domain is None or name is None:
            raise AssertionWrong("workload-unknown")
        return found, domain.name, name

    def _now(self, trust_domain: str, now: Nanoseconds) -> _Believed:
        if trust_domain not in self._domains:
            raise AssertionWrong("trust-domain-unknown")
        believed = self._believed.get(trust_domain)
        if believed is None:
            raise AssertionWrong("bundle-missing")
        if now >= believed.until:
            raise AssertionWrong("bundle-outdated")
        return believed
