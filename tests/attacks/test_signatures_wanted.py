"""Adversary: floods with forged tokens, each of which would cost a signature to verify.

It sits behind the same address as a known client, knows no client's id, and wants either the worker's time or that
the client is kept out.
"""

from types import SimpleNamespace
from typing import cast

from bartizan.access.assemble import Access
from bartizan.app.deciding import CLIENTS, STRANGERS, Deciding
from bartizan.app.freshness import Freshness
from bartizan.app.plan import Service
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.token import claimed_client
from tests.access.house import CALLER, access
from tests.gateway.scene import client, request, run, standing
from tests.identity.forge import STRANGER, claims, token

NOW = Nanoseconds(1_800_000_000 * SECOND)


def forge(client_id: str) -> str:
    return token(payload=claims(client_id=client_id), key=STRANGER)


def overdone(room: Access) -> Deciding:
    """Return the decisions of a worker one of whose addresses has used up what its strangers have."""
    asked = Deciding(cast("Freshness", SimpleNamespace(current=lambda: room)), (Service("main", "openai"),))
    for _ in range(STRANGERS.burst + 1):
        asked.address_limit("a-1", NOW)
    return asked


def test_no_signature_is_verified_for_a_flood_of_forged_tokens() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.address_wait = 3 * SECOND
            async with client(scene) as one:
                assert (await one.ask(request(bearer="forged"))).reason == "address-rate"
            before = scene.authenticated
            for number in range(20):
                async with client(scene) as one:
                    assert (await one.ask(request(bearer=f"forged{number}"))).reason == "address-rate"
            assert scene.authenticated == before

    run(scenario())


def test_a_token_that_was_verified_before_passes_all_the_while() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.address_wait = 3 * SECOND
            async with client(scene) as one:
                assert (await one.ask(request(bearer="forged"))).reason == "address-rate"
            async with client(scene) as one:
                assert [(await one.ask(request())).status for _ in range(5)] == [200] * 5

    run(scenario())


def test_a_registered_client_gets_its_next_token_verified_and_nobody_else_does() -> None:
    asked = overdone(access())
    assert asked.address_barred("a-2", forge(client_id="anybody"), NOW) == 0
    for number in range(100):
        assert asked.address_barred("a-1", forge(client_id=f"guess-{number}"), NOW) > 0
    for garbage in ("", "x", "a.b.c", "." * 9000):
        assert asked.address_barred("a-1", garbage, NOW) > 0
    mine = forge(client_id=CALLER.client)
    assert [asked.address_barred("a-1", mine, NOW) for _ in range(CLIENTS.burst)] == [0] * CLIENTS.burst
    assert asked.address_barred("a-1", mine, NOW) > 0


def test_the_client_that_a_token_claims_is_read_without_believing_it() -> None:
    assert claimed_client(forge(client_id="c-1")) == "c-1"
    assert claimed_client("no token") == ""
