"""An adversary who puts into a query, an open segment or a field that goes on what the service would read otherwise."""

import pytest

from tests.gateway.scene import Scene, client, request, run, standing

VERSION = b"api-version=2024-10-21"
DEPLOYMENT = b"/az/openai/deployments/%b/chat/completions?" + VERSION
TARGETS = {
    b"/claude/v1/models?limit=1&limit=1000": "query-repeated",
    b"/claude/v1/models?limit=1;after_id=x": "query-malformed",
    b"/claude/v1/models?limit=1%26after_id=x": "query-malformed",
    b"/claude/v1/models?limit=1%0d%0aX:y": "query-malformed",
    b"/claude/v1/models?limit=1&LIMIT=2": "query-malformed",
    b"/claude/v1/models?limit%5B%5D=1": "query-unknown",
    b"/claude/v1/models?limit=99999": "query-invalid",
    b"/claude/v1/models?limit=1?after_id=x": "query-malformed",
    b"/claude/v1/models?limit=1#x": "query-malformed",
    b"/claude/v1/models?" + b"&".join([b"limit=1"] * 17): "query-malformed",
    b"/claude/v1/models?after_id=" + b"a" * 2048: "request-line-too-long",
    b"/v1/responses/resp_1?include%5B%5D=a%5B%5D": "query-invalid",
    b"/v1/responses/resp_1?include[]=a": "query-malformed",
    b"/v1/responses/resp_1%2Fcancel": "path-encoded",
    b"/v1/responses/..": "path-dot-segment",
    b"/v1/responses/{}": "target-malformed",
    b"/v1/models/..:x": "route-unknown",
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_with_two_meanings_goes_nowhere(target: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"GET", target, b""))
            assert answer.reason == TARGETS[target]
            assert_untouched(scene)

    run(scenario())


@pytest.mark.parametrize("name", [b"a;b", b"a%2e%2e", b"a b", b"", b"a" * 65, b"a~b", b"a:b"])
def test_a_deployment_is_a_plain_name(name: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", DEPLOYMENT % name))
            assert answer.status in (400, 404)
            assert_untouched(scene)

    run(scenario())


@pytest.mark.parametrize("value", [b"a\tb", b"a,b\t", b"x=1", b"a; b", b'"a"', b"a, x-api-key"])
def test_a_field_that_goes_on_carries_no_other(value: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            body = b'{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
            answer = await one.ask(
                request(b"POST", b"/claude/v1/messages", body, b"anthropic-beta: " + value)
            )
            if answer.status == 200:
                (received,) = scene.upstream.received
                assert received.header(b"anthropic-beta") == value.replace(b" ", b"").strip()
                assert received.header(b"x-api-key") == b"upstream-key"
            else:
                assert answer.reason == "field-value-refused"
                assert_untouched(scene)

    run(scenario())


def assert_untouched(scene: Scene) -> None:
    assert scene.upstream.received == scene.control.received == []
    assert scene.upstream.faults == []
    assert scene.decided == []
