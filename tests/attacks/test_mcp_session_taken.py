"""An adversary with a token of its own who has got hold of another principal's session with a tool server."""

import pytest

from tests.gateway.scene import GOOD, Client, Scene, client, request, run, standing
from tests.gateway.tools import LIST, PATH, answering, asked, event, listing, message

BEGIN = message(
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}},
)
SESSION, EVENT = b"0123456789abcdef", b"17_stream"


async def begun(scene: Scene, one: Client) -> bytes:
    """Begin a session, and return the id that its client is given."""
    said = b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}'
    scene.upstream.script = answering(said, b"Mcp-Session-Id: " + SESSION)
    answer = await one.ask(asked(BEGIN))
    return answer.headers[b"mcp-session-id"]


def test_a_session_is_of_no_use_to_anybody_else() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            given = await begun(scene, one)
            assert given != SESSION
            scene.upstream.script = answering(listing())
            answer = await one.ask(asked(LIST, b"Mcp-Session-Id: " + given))
            assert answer.status == 200
            assert scene.upstream.received[-1].header(b"mcp-session-id") == SESSION
            count = len(scene.upstream.received)
            for method in (b"POST", b"GET", b"DELETE"):
                line = b"Mcp-Session-Id: " + given
                answer = await one.ask(request(method, PATH, LIST, line, bearer="other"), method)
                assert (answer.status, answer.reason) == (404, "session-unknown")
            assert len(scene.upstream.received) == count
            denied = [each for each in scene.events() if each.detail.get("reason") == "session-unknown"]
            assert len(denied) == 3
            assert {each.control for each in denied} == {"gateway.input-valid"}

    run(scenario())


@pytest.mark.parametrize("change", ["bare", "flipped", "cut", "longer", "tag of another", "empty"])
def test_no_id_but_the_one_that_was_given_is_taken(change: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            given = await begun(scene, one)
            tag, _, own = given.partition(b".")
            shown = {
                "bare": own,
                "flipped": (b"0" if tag[:1] != b"0" else b"1") + given[1:],
                "cut": given[:-1],
                "longer": given + b"x",
                "tag of another": tag + b".another",
                "empty": b".",
            }[change]
            count = len(scene.upstream.received)
            answer = await one.ask(asked(LIST, b"Mcp-Session-Id: " + shown))
            assert (answer.status, answer.reason) == (404, "session-unknown")
            assert len(scene.upstream.received) == count

    run(scenario())


def test_a_session_is_not_shown_as_an_event_nor_to_another_start() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            given = await begun(scene, one)
            answer = await one.ask(request(b"GET", PATH, b"", b"Last-Event-ID: " + given), b"GET")
            assert answer.reason == "session-unknown"
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(asked(LIST, b"Mcp-Session-Id: " + given))
            assert (answer.status, answer.reason) == (404, "session-unknown")

    run(scenario())


def test_a_stream_goes_on_after_an_event_for_who_was_given_it_alone() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            body = event(listing(), b"id: " + EVENT)
            scene.upstream.script = answering(body, media=b"text/event-stream")
            answer = await one.ask(asked(LIST))
            given = next(line for line in answer.body.split(b"\n") if line.startswith(b"id: "))[4:]
            assert given.endswith(b"." + EVENT)
            resume = request(b"GET", PATH, b"", b"Last-Event-ID: " + given)
            assert (await one.ask(resume, b"GET")).status == 200
            assert scene.upstream.received[-1].header(b"last-event-id") == EVENT
            assert scene.upstream.received[-1].header(b"accept") == b"text/event-stream"
            stolen = request(b"GET", PATH, b"", b"Last-Event-ID: " + given, bearer="other")
            assert (await one.ask(stolen, b"GET")).status == 404
            own = request(b"GET", PATH, b"", b"Last-Event-ID: " + EVENT, bearer=GOOD)
            assert (await one.ask(own, b"GET")).status == 404

    run(scenario())


@pytest.mark.parametrize(
    "line", [b"Mcp-Session-Id: a b", b"Mcp-Session-Id: " + b"x" * 257, b"Mcp-Session-Id: \xe9"]
)
def test_a_service_that_names_a_session_oddly_is_not_believed(line: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = answering(listing(), line)
            answer = await one.ask(asked(LIST))
            assert (answer.status, answer.reason) == (502, "upstream-malformed")

    run(scenario())


def test_two_ids_of_a_session_are_refused() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            given = await begun(scene, one)
            lines = (b"Mcp-Session-Id: " + given, b"mcp-session-id: " + given)
            answer = await one.ask(asked(LIST, *lines))
            assert (answer.status, answer.reason) == (400, "field-repeated")

    run(scenario())
