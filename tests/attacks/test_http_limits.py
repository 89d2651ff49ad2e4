"""An adversary who sends too much, too slowly, or never."""

import msgspec
import pytest

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.ports import Patience
from bartizan.gateway.service import ServiceLimits
from tests.gateway.scene import CHAT, Scene, client, refused, request, run, standing, turns, until

LINE = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"


def small(scene: Scene) -> None:
    scene.limits = ServiceLimits(body_octets=100)


BIG = {
    "a head of 33 KiB": (LINE + b"X: " + b"a" * 33_000 + b"\r\n\r\n", "head-too-long"),
    "a head without an end": (LINE + b"X: " + b"a" * 40_000, "head-too-long"),
    "101 fields": (LINE + b"".join(b"X-%d: y\r\n" % n for n in range(100)) + b"\r\n", "fields-too-many"),
    "10,000 fields": (LINE + b"a:\r\n" * 7_900 + b"\r\n", "fields-too-many"),
    "a request line without an end": (b"GET /" + b"a" * 3000, "request-line-too-long"),
}


@pytest.mark.parametrize("name", BIG)
def test_a_head_has_bounds(name: str) -> None:
    octets, reason = BIG[name]

    async def scenario() -> None:
        async with standing() as scene:
            answer = await refused(scene, octets)
            assert answer.reason == reason
            assert answer.status in (414, 431)

    run(scenario())


def test_a_head_at_the_bounds_is_read() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            more = [b"X-%d: y" % n for n in range(96)]
            assert (await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, *more))).status == 200
            assert (
                await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, b"X: " + b"a" * 32_000))
            ).status == 200

    run(scenario())


def test_a_declared_body_beyond_the_bound_is_refused_unread() -> None:
    async def scenario() -> None:
        async with standing(small) as scene:
            octets = request(body=b"x" * 101)
            answer = await refused(scene, octets[:-50])
            assert (answer.status, answer.reason) == (413, "body-too-large")

    run(scenario())


def test_a_chunked_body_beyond_the_bound_is_refused_as_it_comes() -> None:
    async def scenario() -> None:
        async with standing(small) as scene:
            head = request(body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
            answer = await refused(scene, head + b"32\r\n" + b"x" * 50 + b"\r\n33\r\n")
            assert (answer.status, answer.reason) == (413, "body-too-large")

    run(scenario())


def test_a_stranger_sends_no_body() -> None:
    """Who is not known is refused at the head: a body costs the gateway nothing."""

    async def scenario() -> None:
        async with standing() as scene:
            answer = await refused(scene, request(bearer="", body=b"x" * 1_000_000))
            assert (answer.status, answer.headers[b"connection"]) == (401, b"close")

    run(scenario())


def test_a_refusal_reaches_a_client_that_is_still_sending() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request(bearer="", body=b"x" * 4_000_000)[:-1_000])
            assert (await one.answer()).status == 401

    run(scenario())


def test_a_head_that_dribbles_in_is_given_up() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(b"GET /v1/models HTTP/1.1\r\nHo")
            await scene.later(6)
            one.send(b"st: localhost\r\n")
            await scene.later(6)
            answer = await one.answer()
            assert (answer.status, answer.reason) == (408, "head-timeout")

    run(scenario())


def test_a_body_that_dribbles_in_is_given_up() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request()[:-10])
            await scene.later(20)
            one.send(b"x")
            await scene.later(20)
            answer = await one.answer()
            assert (answer.status, answer.reason) == (408, "body-timeout")

    run(scenario())


def test_a_connection_that_says_nothing_is_closed_and_charged() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await until(lambda: scene.gateway._plane.clients)
            await scene.later(11)
            assert await one.closed() == b""
            assert scene.charged == 1

    run(scenario())


def test_connections_are_bounded() -> None:
    def two_places(scene: Scene) -> None:
        scene.connections = 2

    async def scenario() -> None:
        async with standing(two_places) as scene, client(scene) as one, client(scene) as two:
            assert (await one.ask(request())).status == 200
            assert (await two.ask(request(bearer="other"))).status == 200  # no principal has both for itself
            async with client(scene) as three:
                three.send(request())
                assert await three.closed() == b""
            await turns()
            async with client(scene) as three:
                three.send(request())
                assert await three.closed() == b""
            assert (await one.ask(request())).status == 200

    run(scenario())


def test_an_idle_connection_is_closed() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(request())).status == 200
            await scene.later(70)
            assert (await one.ask(request())).status == 200
            await scene.later(76)
            assert await one.closed() == b""

    run(scenario())


def test_a_client_that_goes_on_sending_after_its_refusal_is_cut_off() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(b"nonsense\r\n\r\n")
            assert answer.status == 400
            await scene.later(3)
            one.send(b"more")
            assert await one.closed() == b""

    run(scenario())


def impatient(scene: Scene) -> None:
    two, usual = Nanoseconds(2 * SECOND), scene.ports
    short = Patience(two, two, two, two)
    scene.ports = lambda: msgspec.structs.replace(usual(), patience=short)  # type: ignore[method-assign]  # all but that


@pytest.mark.parametrize(
    ("sent", "reason"), [(LINE, "head-timeout"), (request()[:-5], "body-timeout"), (b"", "")]
)
def test_a_gateway_told_to_wait_less_waits_less(sent: bytes, reason: str) -> None:
    async def scenario() -> None:
        async with standing(impatient) as scene, client(scene) as one:
            one.send(sent or request())
            if not reason:
                assert (await one.answer()).status == 200
            await scene.later(3)
            if reason:
                assert (await one.answer()).reason == reason
            assert await one.closed() == b""

    run(scenario())
