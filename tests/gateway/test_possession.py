"""A token that is bound is proven at each request, whatever was found out about its head before."""

import asyncio

import msgspec
import pytest

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.possession import challenge
from bartizan.gateway.service import ServiceRoute
from bartizan.identity.strength import Strength
from tests.gateway.client import CHAT, GOOD, Client, request
from tests.gateway.scene import DRILL, Denied, Scene, client, run, standing, turns
from tests.gateway.upstream import OK, Received

REPLAYED = Denied("access.token-bound", "proof-replayed", "Make a new one.", 401)
STALE = Denied("access.token-bound", "proof-stale", "Take the nonce.", 401)
FULL = Denied("access.token-bound", "proofs-full", "Later.", 503)


async def evil(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(OK.replace(b"Server:", b"DPoP-Nonce: evil\r\nServer:"))


def bound(proof: bytes = b"a.b.c", path: bytes = b"/v1/chat/completions", *more: bytes) -> bytes:
    lines = (b"Authorization: DPoP " + GOOD.encode(), b"DPoP: " + proof, *more)
    return request(b"POST", path, CHAT, *lines, bearer="")


async def statuses(one: Client, *requests: bytes) -> list[int]:
    return [(await one.ask(each)).status for each in requests]


def test_each_request_is_proven_by_its_own_proof_though_its_head_is_known() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert await statuses(one, *(bound(b"proof.%d.x" % number) for number in range(4))) == [200] * 4
            assert [shown.proof for shown in scene.shown] == [f"proof.{number}.x" for number in range(4)]
            assert {(shown.token, shown.scheme, shown.method) for shown in scene.shown} == {
                (GOOD, True, "POST")
            }
            assert len(scene.gateway._plane.passes) == 1
            assert scene.authenticated == 1
            scene.unproven = REPLAYED
            assert await statuses(one, bound(b"proof.9.x")) == [401]
            assert len(scene.upstream.received) == 4
            assert all(received.header(b"dpop") is None for received in scene.upstream.received)

    run(scenario())


def test_a_proof_is_for_the_method_as_its_client_asks() -> None:
    """RFC 9449 section 4.3: a HEAD is answered as a GET is, and its proof names HEAD all the same."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            lines = (b"Authorization: DPoP " + GOOD.encode(), b"DPoP: a.b.c")
            for method in (b"GET", b"HEAD", b"GET"):
                asked = request(method, b"/v1/models", b"", *lines, bearer="")
                assert (await one.ask(asked, method)).status == 200
            assert [shown.method for shown in scene.shown] == ["GET", "HEAD", "GET"]

    run(scenario())


def test_a_proof_may_name_the_url_as_its_client_sees_it() -> None:
    """Over TLS, https alone; without, a proxy on this machine may have taken the connection either way."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert await statuses(one, bound()) == [200]
            path = "://localhost/v1/chat/completions"
            assert scene.shown[0].targets == ("https" + path, "http" + path)
            plane = scene.gateway._plane
            plane.ports = msgspec.structs.replace(plane.ports, tls=True)
            assert await statuses(one, bound()) == [200]
            assert scene.shown[1].targets == ("https" + path,)

    run(scenario())


def test_who_proves_nothing_is_a_stranger_and_reads_what_a_proof_must_be() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.unproven = STALE
            answer = await one.ask(bound())
            assert answer.status == 401
            assert answer.headers[b"dpop-nonce"] == b"the-next-nonce"
            assert b'error="use_dpop_nonce"' in answer.headers[b"www-authenticate"]
            assert b'algs="ES256 ES384"' in answer.headers[b"www-authenticate"]
            assert scene.charged == 1
            assert scene.upstream.received == []
            scene.gateway._plane.write_counts()
            await turns()
            (event,) = scene.events("gateway.request.refused")
            assert event.actor != DRILL.principal.pseudonym
            assert event.detail["reason"] == "proof-stale"
            assert event.control == "access.token-bound"

    run(scenario())


def test_an_answer_tells_the_nonce_of_the_next_proof_and_none_to_who_brings_none() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(bound())).headers[b"dpop-nonce"] == b"the-next-nonce"
            assert b"dpop-nonce" not in (await one.ask(request())).headers

    run(scenario())


def test_a_service_does_not_speak_of_proofs_in_the_gateways_name() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = evil
            assert b"dpop-nonce" not in (await one.ask(request())).headers
            assert (await one.ask(bound())).headers[b"dpop-nonce"] == b"the-next-nonce"

    run(scenario())


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("proof-stale", b"use_dpop_nonce"),
        ("proof-forged", b"invalid_dpop_proof"),
        ("token-unbound", b"invalid_token"),
        ("binding-missing", b"invalid_token"),
        ("certificate-wrong", b"invalid_token"),
    ],
)
def test_a_challenge_names_what_is_wrong_in_the_rfcs_words(reason: str, error: bytes) -> None:
    assert b'error="%b"' % error in challenge(reason)
    assert challenge(reason).endswith(b"\r\n")


def test_other_refusals_speak_of_no_proof() -> None:
    assert challenge("token-expired") == challenge("policy-denied") == b""


def test_who_signed_in_too_long_ago_is_told_how_to_and_each_request_is_looked_at() -> None:
    """With a token that is bound to nothing, too, and after its head was seen before."""
    wanted = Strength(("passkey-device-bound",), 300)
    lacking = Denied("access.request-authenticated", "sign-in-insufficient", "Sign in again.", 401)

    def prepare(scene: Scene) -> None:
        scene.services = (ServiceRoute("payroll", "payroll.example.com", strength=wanted),)
        scene.targets["payroll"] = scene.upstream

    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as one:
            ask = request(b"POST", b"/payroll/v1/chat/completions", CHAT)
            assert await statuses(one, ask, ask) == [200, 200]
            assert [shown.strength for shown in scene.shown] == [wanted] * 2
            scene.unproven = lacking
            refused = await one.ask(ask)
            assert refused.status == 401
            assert refused.headers[b"www-authenticate"] == (
                b'Bearer realm="bartizan", error="insufficient_user_authentication", error_description="the person must '
                b'sign in again, as said here", acr_values="passkey-device-bound", max_age="300"'
            )
            assert len(scene.upstream.received) == 2

    run(scenario())


def test_who_a_policy_wants_to_confirm_a_flagged_sign_in_is_told_since_when() -> None:
    """By a service that asks for nothing itself, and whatever the service asks for: the policy wants the later one."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            ask = request(b"POST", b"/v1/chat/completions", CHAT)
            at = Nanoseconds(scene.clock.now() - 90 * SECOND)
            said = Denied("access.request-authorized", "sign-in-insufficient", "Sign in again.", 401, at)
            scene.forbidden, scene.denial = {"chat"}, said
            refused = await one.ask(ask)
            assert refused.status == 401
            found = refused.headers[b"www-authenticate"].decode()
            assert found.startswith('Bearer realm="bartizan", error="insufficient_user_authentication"')
            assert 90 <= int(found.rpartition('max_age="')[2].rstrip('"')) < 150

    run(scenario())
