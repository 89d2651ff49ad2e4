"""A domain publishes its bundle over HTTPS: the server is known by its name, or by its SPIFFE ID and the bundle at hand."""

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from typing_extensions import override

from bartizan.app.bundle_source import LATEST_S, SOONEST_S, USUAL_S, Unread, again_in, read_endpoint
from bartizan.app.federation_plan import Federated
from bartizan.identity.trust_bundle import Bundle, made, written
from tests.crypto.domains import DOMAIN, PURPOSES, TOKENS, Authority, public
from tests.egress.scene import papers

SERVER = f"spiffe://{DOMAIN}/spire/server"
START = int(time.time())
ROOT, EVIL = Authority(start=START), Authority("evil.example", uri=None, start=START)
PUBLISHED = made([ROOT.der], [public(TOKENS)], DOMAIN)


class Endpoint(HTTPServer):
    """Publishes one document over TLS."""

    status, body = 200, b""

    @override
    def handle_error(
        self, request: object, client_address: object
    ) -> None:  # a client that refuses us is no news
        pass


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Endpoint)
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.body)))
        if self.server.status == 302:
            self.send_header("location", "https://localhost/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def published(folder: Path, chain: bytes, key: bytes, body: bytes = b"", status: int = 200) -> Iterator[int]:
    """Yield the port of a server with this certificate, both PEM."""
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    with Endpoint(("127.0.0.1", 0), Answer) as server:
        server.status, server.body = status, body or written(PUBLISHED)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def svid(
    by: Authority, uri: str = SERVER, purposes: Sequence[x509.ObjectIdentifier] = PURPOSES
) -> tuple[bytes, bytes]:
    """Return a server's chain and key, PEM."""
    der, key = by.leaf([uri], purposes=purposes)
    chain = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def web(port: int, ca: bytes) -> Federated:
    url = f"https://localhost:{port}/bundle"
    return Federated("corp", DOMAIN, url=url, allowed=(f"localhost:{port}",), authorities=ca.decode())


def by_id(port: int) -> Federated:
    url = f"https://localhost:{port}/bundle"
    allowed = (f"localhost:{port}",)
    return Federated("corp", DOMAIN, url=url, allowed=allowed, profile="https_spiffe", endpoint_id=SERVER)


def refused(domain: Federated, known: Bundle | None = None) -> str:
    with pytest.raises(Unread) as caught:
        read_endpoint(domain, known)
    return caught.value.word


def test_a_server_is_known_by_its_name(tmp_path: Path) -> None:
    own = papers()
    with published(tmp_path, own.chain, own.key) as port:
        assert read_endpoint(web(port, own.ca), None) == PUBLISHED
        assert (
            refused(web(port, x509.load_der_x509_certificate(ROOT.der).public_bytes(Encoding.PEM)))
            == "untrusted"
        )
        unlisted = Federated("corp", DOMAIN, url=f"https://localhost:{port}/", authorities=own.ca.decode())
        assert refused(unlisted) == "address-refused"
    assert refused(web(port, own.ca)) == "unreachable"


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (302, b"x", "unavailable"),
        (404, b"x", "unavailable"),
        (200, b"{}", "malformed"),
        (200, b" " * 300_000, "too-large"),
        (200, written(made([EVIL.der], [], DOMAIN)).replace(b"x5c", b"x6c"), "malformed"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, status: int, body: bytes, word: str) -> None:
    own = papers()
    with published(tmp_path, own.chain, own.key, body, status) as port:
        assert refused(web(port, own.ca)) == word


def test_a_server_is_known_by_its_spiffe_id_whatever_its_host(tmp_path: Path) -> None:
    with published(tmp_path, *svid(ROOT)) as port:
        assert read_endpoint(by_id(port), PUBLISHED) == PUBLISHED
        assert refused(by_id(port)) == "bundle-missing"
        assert refused(by_id(port), made([EVIL.der], [], DOMAIN)) == "untrusted"


@pytest.mark.parametrize(
    ("by", "uri"),
    [
        (EVIL, SERVER),
        (ROOT, f"spiffe://{DOMAIN}/ns/prod/sa/shop"),
        (ROOT, f"spiffe://{DOMAIN}/spire/server/x"),
        (ROOT, "spiffe://evil.example/spire/server"),
    ],
)
def test_no_other_workload_is_that_server(tmp_path: Path, by: Authority, uri: str) -> None:
    with published(tmp_path, *svid(by, uri)) as port:
        assert refused(by_id(port), PUBLISHED) == "untrusted"


def test_what_is_a_client_alone_is_no_server(tmp_path: Path) -> None:
    with published(tmp_path, *svid(ROOT, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])) as port:
        assert refused(by_id(port), PUBLISHED) == "untrusted"


def test_a_hint_is_followed_within_bounds() -> None:
    assert again_in(Bundle()) == USUAL_S
    assert again_in(Bundle(refresh_hint=0)) == SOONEST_S
    assert again_in(Bundle(refresh_hint=900)) == 900
    assert again_in(Bundle(refresh_hint=10**9)) == LATEST_S
