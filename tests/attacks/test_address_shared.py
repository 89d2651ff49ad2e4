"""An adversary without a token at the address of somebody with one: behind one NAT, or one proxy at the edge."""

import base64
import time

from bartizan.clock import SECOND
from tests.gateway.scene import client, request, run, standing

FORM = b"application/x-www-form-urlencoded"


def test_a_stranger_cannot_make_a_neighbour_wait() -> None:
    """A proxy at the edge sends many people's requests over the same connection: not even there."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one, client(scene) as two:
            scene.address_wait = 10_000_000
            for _ in range(2):
                assert (await one.ask(request(bearer=""))).status == 429
                assert (await one.ask(request(bearer="bad"))).status == 429
                assert (await one.ask(request())).status == 200
                assert (await two.ask(request())).status == 200

    run(scenario())


def test_a_stranger_who_overdid_it_slows_itself() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.address_wait = 60 * SECOND
            one.send(request(bearer="") * 3)
            assert (await one.answer()).status == 429
            started = time.monotonic()
            assert (await one.answer()).status == 429
            assert 0.7 < time.monotonic() - started < 3

    run(scenario())


TOKEN = b"grant_type=client_credentials&client_secret=x"


def test_a_stranger_cannot_keep_a_client_from_its_next_token() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.address_wait, scene.clients = 60 * SECOND, {"c-0011223344556677"}
            basic = b"Authorization: Basic " + base64.b64encode(b"c-0011223344556677:x")
            for body, more, status in (
                (TOKEN, (), 429),
                (TOKEN + b"&client_id=c-somebody", (), 429),
                (TOKEN, (b"Authorization: Basic Og==",), 429),
                (TOKEN, (b"Authorization: Basic /w==",), 429),
                (TOKEN + b"&client_id=c-0011223344556677", (), 200),
                (b"grant_type=client_credentials", (basic,), 200),
            ):
                async with client(scene) as one:
                    asked = request(b"POST", b"/oauth/token", body, *more, bearer="", media=FORM)
                    assert (await one.ask(asked)).status == status
            assert len(scene.control.received) == 2
            assert scene.charged == 6

    run(scenario())


def test_nobody_is_charged_twice_for_one_request() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for octets in (
                request(bearer=""),
                request(b"POST", b"/oauth/token", b"grant_type=x&grant_type=y", bearer="", media=FORM),
                request(b"GET", b"/nowhere"),
                request(b"GET", b"/oauth/jwks", bearer=""),
            ):
                await one.ask(octets)
            assert scene.charged == 4

    run(scenario())
