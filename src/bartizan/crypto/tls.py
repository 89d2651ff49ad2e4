"""TLS contexts: version 1.3 only, X25519MLKEM768 first, and a self-test that the build can do it.

Rules of this file: every call into OpenSSL has its return code checked; a context that could not be set up
exactly as written does not come into being. Sources: RFC 8446; draft-ietf-tls-ecdhe-mlkem (X25519MLKEM768).
"""

import functools
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL._util import ffi, lib
from OpenSSL.crypto import (
    FILETYPE_ASN1,
    FILETYPE_PEM,
    X509,
    X509StoreFlags,
    dump_certificate,
    load_certificate,
)
from OpenSSL.crypto import Error as CertificateUnreadable

from bartizan.clock import DAY
from bartizan.crypto.svid_chain import is_named
from bartizan.crypto.tls_faults import TlsFault
from bartizan.crypto.tls_groups import HYBRID, group_word
from bartizan.crypto.tls_session import TlsSession
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.crypto.tls_turns import count_turns
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf

__all__ = [
    "CertificateUnusable",
    "NoHybridGroup",
    "TlsProtocol",
    "client_context",
    "group_word",
    "self_test",
    "server_context",
    "spiffe_context",
]

Pq = Literal["preferred", "required"]
"""Whether clients without a hybrid group are served (`preferred`) or refused (`required`)."""

PREFERRED: Final = "X25519MLKEM768/X25519:secp256r1"
"""Groups of a server: the slash makes the hybrid a class of its own, so that OpenSSL asks for it (by
HelloRetryRequest) from a client that supports it but sent a classical key share; a colon would not."""
REQUIRED: Final = "X25519MLKEM768:?SecP384r1MLKEM1024:?SecP256r1MLKEM768"
"""Hybrid groups only; the question mark lets a build leave out the two that are rarer."""
OFFERED: Final = "X25519MLKEM768:X25519:secp256r1"
"""Groups that a client offers; the first carries the key share."""

ALPN: Final = b"http/1.1"
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")
_FLIGHTS: Final = 4
_OTHER_HOST: Final = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH."""
_LONG_AGO: Final = DAY  # any date does: see self_test


class NoHybridGroup(RuntimeError):
    """This build of OpenSSL cannot negotiate a quantum-safe group."""

    def __init__(self, groups: str) -> None:
        """Name the groups that were asked for."""
        super().__init__(
            f"this build's TLS library ({SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode('ascii', 'replace')}) "
            f"cannot negotiate {groups}: reinstall `cryptography` 50 or later from its prebuilt wheel "
            "(`make install` does), not from a distribution's package"
        )
        self.groups = groups


class CertificateUnusable(ValueError):
    """A certificate, chain or key that TLS cannot be set up with; `fault` says why, never the key."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"TLS certificate: {fault}")
        self.fault = fault


def server_context(
    chain_pem: bytes, key_pem: bytes, *, pq: Pq, named_pem: bytes = b"", asks: bool = False
) -> SSL.Context:
    """Return the context of a server: TLS 1.3, no resumption, no early data, HTTP/1.1 by ALPN.

    Args:
        chain_pem: the leaf's certificate and those between it and the authority, in order.
        key_pem: the leaf's private key, unencrypted.
        pq: whether clients without a hybrid group are served.
        named_pem: another chain for the same key, for clients that say by which name they ask (SNI): BoringSSL, and so
            Envoy, refuses every chain with an address in it below an authority that is limited in its addresses.
        asks: whether clients are asked for a certificate. They may have none, and whoever issued it: what the handshake
            proves is that they hold its key, and that is all that is made of it (RFC 8705 section 3).
    Raises:
        CertificateUnusable: chain or key cannot be read, or do not belong together.
        NoHybridGroup: the build has no hybrid group.
    """
    context = _server_context(chain_pem, key_pem, pq)
    if asks:
        lib.SSL_CTX_set_verify(_pointer(context), lib.SSL_VERIFY_PEER, _take_any())
    if named_pem:
        choose = _choose_certificate()
        named = _server_context(named_pem, key_pem, pq)
        context.set_app_data((_select_protocol(), choose, named))  # OpenSSL keeps only bare pointers
        lib.SSL_CTX_set_tlsext_servername_callback(_pointer(context), choose)
    return context


def _server_context(chain_pem: bytes, key_pem: bytes, pq: Pq) -> SSL.Context:
    context = _context(SSL.TLS_SERVER_METHOD, PREFERRED if pq == "preferred" else REQUIRED)
    _use(context, chain_pem, key_pem)
    select = _select_protocol()
    context.set_app_data((select,))
    lib.SSL_CTX_set_alpn_select_cb(_pointer(context), select, ffi.NULL)
    return context


def client_context(
    ca_pem: bytes, *, groups: str | None = None, own: tuple[bytes, bytes] | None = None
) -> SSL.Context:
    """Return the context of a client that trusts these authorities and no others; the name is per connection.

    Args:
        ca_pem: certificates of the authorities.
        groups: OpenSSL's list of groups to offer, where others than `OFFERED` are wanted.
        own: chain and private key that it shows to a server that asks who it is, both PEM.
    Raises:
        CertificateUnusable: `ca_pem` holds no certificate that can be read, or the chain and key are no pair.
        NoHybridGroup: the build knows none of the groups.
    """
    context = _context(SSL.TLS_CLIENT_METHOD, groups or OFFERED)
    store = context.get_cert_store()
    if store is None:
        raise CertificateUnusable("OpenSSL gave no store for authorities")
    for certificate in _authorities(ca_pem):
        store.add_cert(certificate)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    context.set_alpn_protos([ALPN])
    if own is not None:
        _use(context, *own)
    return context


def spiffe_context(authorities: Sequence[bytes], uri: str) -> SSL.Context:
    """Return the context of a client that trusts a trust domain's authorities, for a server that has this SPIFFE ID.

    By that it is known, and not by the name of its host, which may stand in its certificate or not.

    Args:
        authorities: certificates (DER) of the trust domain's bundle.
        uri: SPIFFE ID of the server.
    Raises:
        CertificateUnusable: one of them cannot be read.
        NoHybridGroup: the build knows none of the groups.
    Source: SPIFFE Federation specification, section 5.2.3.
    """
    context = _context(SSL.TLS_CLIENT_METHOD, OFFERED)
    store = context.get_cert_store()
    if store is None:
        raise CertificateUnusable("OpenSSL gave no store for authorities")
    store.set_flags(X509StoreFlags.X509_STRICT | X509StoreFlags.PARTIAL_CHAIN)
    try:
        for each in authorities:
            store.add_cert(X509.from_cryptography(x509.load_der_x509_certificate(each)))
    except ValueError as fault:
        raise CertificateUnusable("an authority's certificate cannot be read") from fault

    def fits(_: SSL.Connection, shown: X509, error: int, depth: int, good: int) -> bool:
        if not good and error not in _OTHER_HOST:
            return False
        return depth > 0 or is_named(dump_certificate(FILETYPE_ASN1, shown), uri)

    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, fits)
    context.set_alpn_protos([ALPN])
    return context


def self_test() -> str:
    """Return the group (of `HYBRID`) that this build negotiates with itself, in memory.

    Raises:
        NoHybridGroup: it negotiates none.
    """
    names = ("self-test.invalid",)
    authority, key = make_authority("server", names, _LONG_AGO)
    leaf_key, request = leaf_request(names)
    chain = sign_leaf(authority, key, request, names, _LONG_AGO)
    server = TlsSession(server_context(chain, leaf_key, pq="required"))
    # no authority is trusted and no date is checked here: the group alone is in question
    client = TlsSession(_context(SSL.TLS_CLIENT_METHOD, OFFERED), names[0])
    try:
        _meet(client, server)
    except TlsFault as fault:
        raise NoHybridGroup(REQUIRED) from fault
    group = group_word(server.connection)
    if group not in HYBRID or group_word(client.connection) != group:
        raise NoHybridGroup(REQUIRED)
    return group


def _meet(client: TlsSession, server: TlsSession) -> None:
    for _ in range(_FLIGHTS):
        client_done = client.handshake()
        server.feed(client.drain())
        server_done = server.handshake()
        if client_done and server_done:
            return
        client.feed(server.drain())
    raise TlsFault("timeout", "the handshake did not end")


def _context(method: int, groups: str) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_max_proto_version(SSL.TLS1_3_VERSION)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # one call writes all that it is given; idle connections keep no record buffers (34 KB each)
    context.clear_mode(lib.SSL_MODE_ENABLE_PARTIAL_WRITE)
    context.set_mode(lib.SSL_MODE_RELEASE_BUFFERS)
    if lib.SSL_CTX_set_max_early_data(_pointer(context), 0) != 1:
        raise CertificateUnusable("early data could not be switched off")
    lib.SSL_CTX_set_info_callback(_pointer(context), count_turns)
    lib.ERR_clear_error()
    if lib.SSL_CTX_set1_curves_list(_pointer(context), groups.encode("ascii")) != 1:
        lib.ERR_clear_error()
        raise NoHybridGroup(groups)
    return context


def _use(context: SSL.Context, chain_pem: bytes, key_pem: bytes) -> None:
    leaf, *others = _certificates(chain_pem)
    try:
        context.use_certificate(leaf)
        for certificate in others:
            context.add_extra_chain_cert(certificate)
        context.use_privatekey(load_pem_private_key(key_pem, None))  # type: ignore[arg-type]  # TLS takes fewer kinds
        context.check_privatekey()
    except (SSL.Error, ValueError, TypeError, UnsupportedAlgorithm):
        # the cause could quote the key's text
        raise CertificateUnusable("the key cannot be read or is not the certificate's") from None


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as fault:
        raise CertificateUnusable("it is not a PEM file with certificates") from fault


def _authorities(pem: bytes) -> list[X509]:
    """Read by OpenSSL: public bundles hold an authority whose serial number is zero, which `x509` will refuse."""
    blocks = _CERTIFICATE.findall(pem)
    try:
        found = [load_certificate(FILETYPE_PEM, block) for block in blocks]
    except CertificateUnreadable as fault:
        raise CertificateUnusable("an authority's certificate cannot be read") from fault
    if not found:
        raise CertificateUnusable("it is not a PEM file with certificates")
    return found


def _pointer(context: SSL.Context) -> Any:  # noqa: ANN401 - a cffi pointer
    return context._context  # noqa: SLF001 - pyOpenSSL has no public call for groups


@functools.cache
def _select_protocol() -> Any:  # noqa: ANN401 - a cffi callback
    """Return the one callback that chooses HTTP/1.1 by ALPN, or refuses with `no_application_protocol`.

    One for all contexts, made once: a callback needs executable memory, which an isolated worker that renews
    its certificate can no longer have. pyOpenSSL's own wrapper cannot send that alert.
    """
    chosen = ffi.new("unsigned char[]", ALPN)

    def select(_ssl: object, out: Any, length: Any, offered: Any, size: int, _arg: object) -> int:  # noqa: ANN401 - OpenSSL's signature
        octets: bytes = ffi.buffer(offered, size)[:]
        while octets:
            if octets[1 : 1 + octets[0]] == ALPN:
                out[0], length[0] = chosen, len(ALPN)
                return int(lib.SSL_TLSEXT_ERR_OK)
            octets = octets[1 + octets[0] :]
        return int(lib.SSL_TLSEXT_ERR_ALERT_FATAL)

    signature = (
        "int(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *)"
    )
    return ffi.callback(signature, select, error=lib.SSL_TLSEXT_ERR_ALERT_FATAL)


@functools.cache
def _take_any() -> Any:  # noqa: ANN401 - a cffi callback
    """Return the one callback that takes whatever certificate a client shows; made once, as the other one."""
    return ffi.callback("int(int, X509_STORE_CTX *)", lambda _fit, _store: 1, error=0)


@functools.cache
def _choose_certificate() -> Any:  # noqa: ANN401 - a cffi callback
    """Return the one callback that takes the named chain for who asks by a name; made once, as the other one."""

    def choose(ssl: Any, _alert: object, _arg: object) -> int:  # noqa: ANN401 - OpenSSL's signature
        asked = lib.SSL_get_servername(ssl, lib.TLSEXT_NAMETYPE_host_name)
        if asked != ffi.NULL and _is_name(ffi.string(asked)):
            context = SSL.Connection._reverse_mapping[ssl].get_context()  # noqa: SLF001 - as pyOpenSSL's own callback does
            lib.SSL_set_SSL_CTX(ssl, _pointer(context.get_app_data()[-1]))
        return int(lib.SSL_TLSEXT_ERR_OK)

    return ffi.callback("int(SSL *, int *, void *)", choose, error=lib.SSL_TLSEXT_ERR_ALERT_FATAL)


def _is_name(asked: bytes) -> bool:
    """Return whether what a client asks by is a name, rather than an address, which RFC 6066 has nobody send."""
    return b":" not in asked and not asked[-1:].isdigit()
