"""An adversary whose weak handshake succeeded, because the context behind it was not what it should be."""

import asyncio
import ssl
from collections.abc import Callable

import pytest
from OpenSSL import SSL
from OpenSSL._util import lib

from bartizan.clock import SystemClock
from bartizan.crypto.tls import server_context
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf
from tests.gateway.scene import Client, Scene, request, run, standing


def sound() -> SSL.Context:
    now, names = SystemClock().now(), ("localhost",)
    authority, key = make_authority("server", names, now)
    leaf_key, csr = leaf_request(names)
    return server_context(sign_leaf(authority, key, csr, names, now), leaf_key, pq="preferred")


def speaks_tls12(server: SSL.Context, client: ssl.SSLContext) -> None:
    server.set_min_proto_version(SSL.TLS1_2_VERSION)
    client.maximum_version = ssl.TLSVersion.TLSv1_2


def takes_any_group(server: SSL.Context, client: ssl.SSLContext) -> None:
    assert lib.SSL_CTX_set1_curves_list(server._context, b"secp521r1") == 1
    client.set_ecdh_curve("secp521r1")


def nothing(_server: SSL.Context, _client: ssl.SSLContext) -> None:
    pass


async def asked(scene: Scene, context: ssl.SSLContext | None) -> bytes:
    """Return what comes back for a request, from a client that trusts everybody."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.port, ssl=context)
    try:
        writer.write(request())
        return await Client(reader, writer).closed() if context is None else await reader.read(15)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def hostile() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize(
    ("weaken", "reason"),
    [(nothing, ""), (speaks_tls12, "tls-version"), (takes_any_group, "tls-group")],
    ids=["sound", "TLS 1.2", "a group that nobody knows"],
)
def test_a_weak_connection_is_cut_before_a_request_is_read(
    weaken: Callable[[SSL.Context, ssl.SSLContext], None], reason: str
) -> None:
    server, theirs = sound(), hostile()
    weaken(server, theirs)

    def prepare(scene: Scene) -> None:
        scene.front = lambda: scene.gateway.encrypted(server)

    async def scenario() -> None:
        async with standing(prepare) as scene:
            answers = [await asked(scene, theirs) for _ in range(3)]
            assert answers == [b"" if reason else b"HTTP/1.1 200 OK"] * 3
            await scene.gateway.drain(0)
            assert bool(scene.upstream.received) is not bool(reason)
            for event in scene.events("gateway.request.refused"):
                assert (event.control, event.actor) == ("gateway.tls-strong", "a-00000000000000cc")
                assert event.detail == {"reason": reason, "status": 0, "count": 3}
            assert len(scene.events("gateway.request.refused")) == bool(reason)

    run(scenario())


def test_a_connection_without_tls_is_cut_where_tls_is_required() -> None:
    def prepare(scene: Scene) -> None:
        scene.insists = True

    async def scenario() -> None:
        async with standing(prepare) as scene:
            assert await asked(scene, None) == b""
            assert scene.upstream.received == []

    run(scenario())
