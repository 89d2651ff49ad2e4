"""A tool server that wants more of its client than to be called: its model, its user's answers, the places of its files."""

import json
from typing import Any

import pytest

from tests.gateway.scene import client, run, standing
from tests.gateway.tools import LIST, answering, asked, call, event, listed, tool

EVENTS = b"text/event-stream"
JSON = b"application/json"
METHODS = {"sampling/createMessage": "sample", "elicitation/create": "elicit", "roots/list": "list-roots"}


def of_server(method: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"x": "bait"}}).encode()


def within(*methods: Any, **more: Any) -> bytes:  # noqa: ANN401 - JSON
    requests = {f"k{at}": {"method": method, "params": {"x": "bait"}} for at, method in enumerate(methods)}
    result = {"resultType": "input_required", "inputRequests": requests, "requestState": "s", **more}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def failing(code: object = -32042, data: object = None) -> bytes:
    error = {
        "code": code,
        "message": "bait",
        "data": {"elicitations": [{"url": "x"}]} if data is None else data,
    }
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()


def of_task(method: str) -> bytes:
    said = {"taskId": "t", "inputRequests": {"k": {"method": method, "params": {"x": "bait"}}}}
    return json.dumps({"jsonrpc": "2.0", "method": "notifications/tasks", "params": said}).encode()


async def told(body: bytes, media: bytes, *forbidden: str, question: bytes = LIST) -> tuple[bytes, str]:
    """Return what reaches a client, and the reason on record."""
    async with standing() as scene:
        async with client(scene) as one:
            await listed(scene, one, tool("a"))
            scene.forbidden, scene.number = set(forbidden), scene.number + 1
            scene.upstream.script = answering(body, media=media)
            try:
                got = (await one.ask(asked(question))).body
            except ConnectionError:  # cut
                got = b""
        reasons = [str(each.detail["reason"]) for each in scene.events("gateway.request.completed")]
        return got, reasons[-1]


@pytest.mark.parametrize("method", METHODS)
def test_what_policies_forbid_is_not_asked_of_a_client(method: str) -> None:
    async def scenario() -> None:
        for body, media in (
            (event(of_server(method)), EVENTS),
            (event(of_server(method).replace(b'"method"', b'"meth\\u006fd"')), EVENTS),
            (of_server(method), JSON),
            (within("ping", method), JSON),
            (event(within(method)), EVENTS),
            (event(of_task(method)), EVENTS),
        ):
            got, reason = await told(body, media, METHODS[method])
            assert b"bait" not in got
            assert reason == "asking-forbidden"
            got, reason = await told(body, media, *({*METHODS.values()} - {METHODS[method]}))
            assert b"bait" in got

    run(scenario())


@pytest.mark.parametrize(
    "body",
    [
        within("roots/list").replace(b'"method"', b'"Method"'),
        within("roots/list").replace(b"inputRequests", b"inputrequests"),
        within("roots/list").replace(b"inputRequests", b"INPUTREQUESTS"),
        within(inputRequests=[{"method": "roots/list", "params": {"x": "bait"}}]),
        within(inputRequests={"k": ["bait"]}),
        of_server("roots/list").replace(b'"method"', b'"METHOD"'),
        of_task("roots/list").replace(b"inputRequests", b"InputRequests"),
        failing().replace(b'"code"', b'"Code"'),
        failing().replace(b'"data"', b'"Data"'),
        failing(-32603).replace(b"elicitations", b"Elicitations"),
    ],
)
def test_no_other_spelling_is_asked_of_a_client(body: bytes) -> None:
    async def scenario() -> None:
        for media, octets in ((JSON, body), (EVENTS, event(body))):
            got, reason = await told(octets, media, question=call("a"))
            assert b"bait" not in got
            assert reason == "upstream-malformed"

    run(scenario())


@pytest.mark.parametrize(
    "body", [failing(), failing(-32042.0), failing(data="s"), failing(-32603), failing("-32042")]
)
def test_no_failure_sends_a_clients_user_elsewhere_against_policy(body: bytes) -> None:
    async def scenario() -> None:
        for media, octets in ((JSON, body), (EVENTS, event(body))):
            got, reason = await told(octets, media, "elicit", question=call("a"))
            assert b"bait" not in got
            assert reason == "asking-forbidden"
            got, _ = await told(octets, media, "sample", "list-roots", question=call("a"))
            assert b"bait" in got
        got, _ = await told(failing(-32603, {"why": "x"}), JSON, "elicit", question=call("a"))
        assert b"bait" in got

    run(scenario())


def test_what_is_asked_is_decided_for_who_is_asked() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = answering(event(of_server("elicitation/create")), media=EVENTS)
            await one.ask(asked(LIST))
            assert ("workload.drill", "elicit", "") in scene.decided

    run(scenario())
