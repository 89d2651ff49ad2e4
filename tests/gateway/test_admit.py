"""The way of a request: every check in order, two records, and nothing of the client's head goes on."""

import pytest

from bartizan.ledger.content import content_tag
from bartizan.ledger.event import Outcome
from tests.gateway.scene import ANSWER, CHAT, DRILL, Scene, client, request, run, standing, turns


def test_a_request_is_answered_and_recorded_twice() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request())
            assert (answer.status, answer.body) == (200, ANSWER)
            admitted, completed = scene.events()
            assert admitted.kind == "gateway.request.admitted"
            assert admitted.actor == completed.actor == DRILL.principal.pseudonym
            assert admitted.subject == completed.subject == answer.headers[b"x-request-id"].decode()
            assert admitted.outcome is Outcome.ALLOWED
            assert admitted.detail == {
                "service": "main",
                "route": "chat",
                "action": "chat",
                "group": "none",
                "octets": len(CHAT),
                "generation": 1,
                "content": content_tag(DRILL.principal.content_key, CHAT),
            }
            assert completed.outcome is Outcome.DONE
            assert completed.detail | {"micros": 0, "admitted": 0} == {
                "admitted": 0,
                "status": 200,
                "octets": len(ANSWER),
                "input": 3,
                "output": 5,
                "micros": 0,
                "reason": "done",
                "target": "main",
                "upstream": "none",
            }
            assert completed.detail["admitted"] == 1
            account = scene.gateway.account()
            assert (account.admitted, account.completed, account.open, account.unwritten) == (1, 1, 0, 0)

    run(scenario())


def test_only_the_known_request_goes_on() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            extra = (
                b"Cookie: a=b",
                b"DPoP: proof",
                b"X-Forwarded-For: 1.2.3.4",
                b"Forwarded: for=1.2.3.4",
                b"Connection: keep-alive",
                b"TE: trailers",
                b"Accept-Encoding: gzip, br",
                b"X-Anything: goes",
                b"traceparent: 00-11111111111111111111111111111111-2222222222222222-01",
            )
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, *extra))
            assert answer.status == 200
            (received,) = scene.upstream.received
            assert received.method == b"POST"
            assert received.target == b"/v1/chat/completions"
            assert received.body == CHAT
            mark = answer.headers[b"x-request-id"]
            trace = received.header(b"traceparent")
            assert trace is not None
            assert trace == b"00-%b-%b-01" % (b"1" * 32, mark[2:])
            assert sorted(received.headers) == sorted(
                [
                    (b"host", b"api.example.com"),
                    (b"authorization", b"Bearer upstream-credential"),
                    (b"accept", b"application/json"),
                    (b"accept-encoding", b"identity"),
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(CHAT)),
                    (b"x-request-id", mark),
                    (b"traceparent", trace),
                ]
            )
            assert scene.upstream.faults == []

    run(scenario())


def test_what_was_judged_is_what_is_forwarded() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            sent = b' { "messages" : [ {"content":"\\u0068i", "role":"user"} ],\n "model" : "m" } '
            assert (await one.ask(request(body=sent))).status == 200
            (received,) = scene.upstream.received
            assert received.body == CHAT

    run(scenario())


def test_a_service_is_reached_by_its_name_and_path() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(request(path=b"/spare/v1/chat/completions"))).status == 200
            assert (await one.ask(request(b"GET", b"/spare/v1/models"))).status == 200
            chat, models = scene.upstream.received
            assert chat.target == b"/api/v1/chat/completions"
            assert chat.header(b"host") == b"spare.example.com:8000"
            assert chat.header(b"authorization") is None
            assert (models.method, models.target, models.body) == (b"GET", b"/api/v1/models", b"")
            assert [decided[1] for decided in scene.decided] == ["chat", "list-models"]

    run(scenario())


def test_refusals_come_in_the_order_of_the_house() -> None:
    """Each request has every fault from its own on; the earliest check is the one that names it."""

    def prepare(scene: Scene) -> None:
        scene.waits[DRILL.principal.id] = 5_000_000_000
        scene.forbidden.add("chat")

    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as one:
            bad = b'{"model":1}'
            unknown = await one.ask(request(path=b"/v1/nothing", bearer="bad", body=bad))
            assert (unknown.status, unknown.reason) == (404, "route-unknown")
            anonymous = await one.ask(request(bearer="", body=bad))
            assert (anonymous.status, anonymous.reason) == (401, "token-missing")
            limited = await one.ask(request(body=bad))
            assert (limited.status, limited.reason) == (429, "principal-rate")
            assert limited.headers[b"retry-after"] == b"5"
            assert limited.headers[b"ratelimit"] == b'"requests";r=0;t=5'
            scene.waits.clear()
            invalid = await one.ask(request(body=bad))
            assert (invalid.status, invalid.reason) == (400, "field-invalid")
            forbidden = await one.ask(request())
            assert (forbidden.status, forbidden.reason) == (403, "not-permitted")
            scene.forbidden.clear()
            assert (await one.ask(request())).status == 200
            assert len(scene.upstream.received) == 1

    run(scenario())


def test_a_denial_of_a_known_principal_writes_one_record() -> None:
    async def scenario() -> None:
        async with standing(lambda scene: scene.forbidden.add("chat")) as scene, client(scene) as one:
            answer = await one.ask(request())
            await turns()
            (event,) = scene.events()
            assert event.kind == "gateway.request.refused"
            assert event.actor == DRILL.principal.pseudonym
            assert event.subject == answer.headers[b"x-request-id"].decode()
            assert event.control == "access.request-authorized"
            assert event.detail == {
                "reason": "not-permitted",
                "status": 403,
                "service": "main",
                "route": "chat",
                "action": "chat",
                "group": "none",
                "generation": 1,
            }

    run(scenario())


def test_refusals_of_strangers_are_counted_and_charged() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            async with client(scene) as one:
                for _ in range(20):
                    assert (await one.ask(request(bearer=""))).status == 401
            assert scene.charged == 20
            await scene.gateway.drain(1)
            (event,) = scene.events()
            assert event.actor == "a-00000000000000cc"
            assert event.detail == {"reason": "token-missing", "status": 401, "count": 20}

    run(scenario())


@pytest.mark.parametrize("bearer", ["", "bad"])
def test_an_address_that_overdid_it_waits_whatever_it_asks_as_a_stranger(bearer: str) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.address_wait = 3_000_000_000
            for asked in (request(bearer=bearer), request(b"GET", b"/oauth/jwks", bearer=bearer)):
                async with client(scene) as one:
                    slowed = await one.ask(asked)
                    assert (slowed.status, slowed.reason) == (429, "address-rate")
                    assert slowed.headers[b"retry-after"] == b"3"
                    assert b"ratelimit" not in slowed.headers
            assert scene.upstream.received == []
            assert scene.charged == 2

    run(scenario())


def test_a_bearer_challenge_stands_on_every_401() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            missing = await one.ask(request(bearer=""))
            assert missing.headers[b"www-authenticate"] == b'Bearer realm="bartizan"'
            forged = await one.ask(request(bearer="x"))
            assert forged.headers[b"www-authenticate"] == b'Bearer realm="bartizan", error="invalid_token"'

    run(scenario())


def test_public_routes_go_the_same_way_as_the_anonymous_principal() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            form = b"grant_type=client_credentials&scope=a%20b"
            answer = await one.ask(
                request(
                    b"POST",
                    b"/oauth/token",
                    form,
                    b"Authorization: Basic ZHJpbGw6c2VjcmV0",
                    bearer="",
                    media=b"application/x-www-form-urlencoded",
                )
            )
            assert answer.status == 200
            assert (await one.ask(request(b"GET", b"/oauth/jwks", bearer=""))).status == 200
            token, keys = scene.control.received
            assert (token.target, token.body) == (b"/oauth/token", b"grant_type=client_credentials&scope=a+b")
            assert token.header(b"authorization") == b"Basic ZHJpbGw6c2VjcmV0"
            assert (keys.target, keys.header(b"authorization")) == (b"/oauth/jwks", None)
            assert [decided[:2] for decided in scene.decided] == [
                ("anonymous", "request-token"),
                ("anonymous", "read-keys"),
            ]
            admitted = scene.events("gateway.request.admitted")
            assert [event.actor for event in admitted] == ["a-00000000000000cc"] * 2
            assert all("content" not in event.detail for event in admitted)
            assert scene.charged == 2

    run(scenario())


def test_a_bearer_token_never_reaches_the_control_process() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await one.ask(request(b"GET", b"/oauth/jwks"))
            (keys,) = scene.control.received
            assert keys.header(b"authorization") is None

    run(scenario())


def test_health_is_answered_without_a_token_or_a_record() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"GET", b"/healthz", bearer=""), b"GET")
            assert (answer.status, answer.body) == (200, b'{"status":"serving"}')
            head = await one.ask(request(b"HEAD", b"/healthz", bearer=""), b"HEAD")
            assert (head.status, head.body) == (200, b"")
            assert (await one.ask(request(b"POST", b"/healthz", b"", bearer=""))).status == 405
            assert scene.decided == []
            assert scene.events("gateway.request.admitted") == []

    run(scenario())


def test_a_method_that_a_route_lacks_is_refused_with_those_it_has() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"GET"), b"GET")
            assert (answer.status, answer.reason, answer.headers[b"allow"]) == (
                405,
                "method-not-allowed",
                b"POST",
            )
            answer = await one.ask(request(b"DELETE", b"/v1/models"))
            assert (answer.status, answer.headers[b"allow"]) == (405, b"GET, HEAD")

    run(scenario())


def test_errors_have_the_shape_of_the_route() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            openai = (await one.ask(request(body=b'{"model":"m","messages":[{"role":"user"}]}'))).json()
            assert openai["error"]["param"] == "messages[0].content"
            assert openai["error"]["type"] == "invalid_request_error"
            problem = await one.ask(request(b"GET", b"/nowhere"))
            assert problem.headers[b"content-type"] == b"application/problem+json"
            assert problem.json()["status"] == 404
            assert problem.json()["instance"].endswith(problem.headers[b"x-request-id"].decode())

    run(scenario())


def test_a_newer_state_is_loaded_before_the_next_decision() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(request())).status == 200
            assert scene.refreshed == 0
            scene.number = 2
            scene.revoked.add(DRILL.principal.id)
            assert (await one.ask(request())).status == 401
            assert scene.refreshed == 1

    run(scenario())
