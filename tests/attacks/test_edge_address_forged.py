"""The client who would come from elsewhere: says so in every field that proxies use, or stands where a proxy does.

The gateway's own proxy is at 127.0.0.1 here; 127.0.9.9 is somebody else.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.gateway.faults import Refusal
from bartizan.gateway.origin import Fronts
from bartizan.gateway.phase import Phase
from bartizan.gateway.request import HeadReader
from tests.gateway.scene import Client, Scene, client, request, run, standing

SHOWN = b"e" * 32
PROXY, STRANGER = "127.0.0.1", "127.0.9.9"
PROOF = b"X-Bartizan-Edge: " + SHOWN
FORGED = (
    b"X-Forwarded-For: 203.0.113.7",
    b"Forwarded: for=203.0.113.7",
    b"X-Real-IP: 203.0.113.7",
    b"True-Client-IP: 203.0.113.7",
    b"X-Envoy-External-Address: 203.0.113.7",
)
NAMED = b"X-Bartizan-Client: 203.0.113.7"


def fronted(*trusted: str, secret: bytes | None = SHOWN) -> Callable[[Scene], None]:
    """Return what makes a scene one whose gateway has a proxy in front; each address has a pseudonym of its own there."""

    def prepare(scene: Scene) -> None:
        scene.network = pseudonym
        ports = scene.ports
        scene.ports = lambda: msgspec.structs.replace(  # type: ignore[method-assign]  # more of them
            ports(), trusted=trusted or (PROXY,), edge=Secret(secret) if secret else None
        )

    return prepare


def pseudonym(address: str) -> str:
    return f"a-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


@asynccontextmanager
async def coming(scene: Scene, address: str) -> AsyncIterator[Client]:
    """Yield a connection from an address of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.port, local_addr=(address, 0))
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


def sources(scene: Scene) -> set[str]:
    """Return whom the record names, of strangers."""
    plane = scene.gateway._plane
    plane.write_counts()
    plane.turn.write()
    return {event.actor for event in scene.events("gateway.request.refused")}


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (PROXY, [(line,) for line in (*FORGED, NAMED)]),
        (STRANGER, [(line,) for line in (*FORGED, NAMED)]),
        (STRANGER, [(NAMED, PROOF), (NAMED, PROOF, *FORGED)]),
        (PROXY, [(NAMED, b"X-Bartizan-Edge:" + shown) for shown in (b"", SHOWN[:-1], SHOWN + b"e")]),
    ],
)
def test_who_is_no_proxy_or_does_not_prove_it_comes_from_where_it_comes(
    address: str, sent: list[tuple[bytes, ...]]
) -> None:
    async def scenario() -> None:
        async with standing(fronted()) as scene, coming(scene, address) as one:
            for lines in sent:
                answer = await one.ask(request(b"GET", b"/v1/models", b"", *lines, bearer=""), b"GET")
                assert answer.reason == "token-missing"
            assert sources(scene) == {pseudonym(address)}

    run(scenario())


@pytest.mark.parametrize("secret", [SHOWN, None])
@pytest.mark.parametrize("more", [(), FORGED])
def test_a_proxy_that_proves_itself_names_each_of_its_clients(
    secret: bytes | None, more: tuple[bytes, ...]
) -> None:
    async def scenario() -> None:
        async with standing(fronted(secret=secret)) as scene, client(scene) as one:
            for named in (b"203.0.113.7", b"2001:db8::7", b"::ffff:198.51.100.1"):
                lines = (b"X-Bartizan-Client: " + named, *more, *((PROOF,) if secret else ()))
                answer = await one.ask(request(b"POST", b"/v1/chat/completions", b"{}", *lines, bearer="bad"))
                assert answer.reason == "signature-invalid"
            assert sources(scene) == set(map(pseudonym, ("203.0.113.7", "2001:db8::7", "198.51.100.1")))

    run(scenario())


NOBODY = (
    b"",
    b"203.0.113.7, 198.51.100.1",
    b"203.0.113.7 198.51.100.1",
    b"203.0.113.7:443",
    b"[2001:db8::7]",
    b"fe80::1%eth0",
    b"client.example",
    b"203.0.113",
    b"0x7f.1",
    b"203.0.113.07",
    b"unknown",
    b"-",
    b"1" * 200,
    None,
)


def test_a_proxy_that_names_no_one_address_gets_nothing_through() -> None:
    async def scenario() -> None:
        async with standing(fronted()) as scene, client(scene) as one:
            for named in NOBODY:
                lines = (PROOF,) if named is None else (PROOF, b"X-Bartizan-Client: " + named)
                answer = await one.ask(request(b"GET", b"/v1/models", b"", *lines), b"GET")
                assert (answer.status, answer.reason) == (400, "client-unnamed"), named
            assert scene.upstream.received == []

    run(scenario())


def test_an_address_that_stands_twice_is_refused_from_anybody() -> None:
    async def scenario() -> None:
        async with standing(fronted()) as scene:
            for address in (PROXY, STRANGER):
                async with coming(scene, address) as one:
                    twice = (PROOF, NAMED, b"X-Bartizan-Client: 198.51.100.1")
                    answer = await one.ask(request(b"POST", b"/v1/chat/completions", b"{}", *twice))
                    assert answer.reason == "field-repeated"

    run(scenario())


def test_a_client_that_overdoes_it_slows_no_other_behind_the_same_proxy_not_even_on_its_connection() -> None:
    async def scenario() -> None:
        async with standing(fronted()) as scene, client(scene) as one:
            limit = scene.address_limit

            def limited(source: str, now: Nanoseconds) -> int:
                return 60 * SECOND if source == pseudonym("203.0.113.7") else limit(source, now)

            scene.gateway._plane.ports = msgspec.structs.replace(  # the scene's own knows one address only
                scene.gateway._plane.ports, address_limit=limited
            )
            for _ in range(3):
                answer = await one.ask(
                    request(b"GET", b"/v1/models", b"", PROOF, NAMED, bearer="bad"), b"GET"
                )
                assert answer.reason == "address-rate"
                (connection,) = scene.gateway._plane.clients
                assert connection._phase is Phase.HEAD  # it does not rest
            answer = await one.ask(
                request(b"GET", b"/v1/models", b"", PROOF, b"X-Bartizan-Client: 198.51.100.1", bearer="bad"),
                b"GET",
            )
            assert answer.status == 401

    run(scenario())


def test_a_head_that_got_through_as_a_proxys_is_a_strangers_when_a_stranger_repeats_it() -> None:
    """What is remembered of a head says nothing of where the next one with these octets comes from."""

    async def scenario() -> None:
        async with standing(fronted()) as scene, client(scene) as proxy:
            octets = request(
                b"POST", b"/v1/chat/completions", request().partition(b"\r\n\r\n")[2], PROOF, NAMED
            )
            for _ in range(2):
                assert (await proxy.ask(octets)).status == 200
            async with coming(scene, STRANGER) as other:
                scene.revoked = {"workload.drill"}
                scene.number += 1
                assert (await other.ask(octets)).reason == "principal-revoked"
            assert sources(scene) == {pseudonym(STRANGER)}

    run(scenario())


def test_health_is_told_to_a_proxy_without_a_client() -> None:
    async def scenario() -> None:
        async with standing(fronted()) as scene, client(scene) as one:
            assert (await one.ask(request(b"GET", b"/healthz", b"", PROOF, bearer=""), b"GET")).status == 200

    run(scenario())


@given(st.binary(max_size=50).filter(lambda octets: not set(octets) - set(range(32, 127))))
def test_whatever_a_proxy_names_is_one_address_or_refused(named: bytes) -> None:
    head = HeadReader(("h",)).read(
        b"GET /v1/models HTTP/1.1\r\nhost: h\r\nx-bartizan-edge: %b\r\nx-bartizan-client: %b" % (SHOWN, named)
    )
    fronts = Fronts(("192.0.2.0/28",), Secret(SHOWN))
    assert fronts.address("192.0.2.99", head) == ""
    try:
        found = fronts.address("192.0.2.7", head)
    except Refusal as fault:
        assert fault.reason == "client-unnamed"  # noqa: PT017 - either end is right
        return
    assert set(found) <= set("0123456789abcdef.:")
    assert found
