"""The sample's other parts: what they remember, and that each is what the drill takes it for."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bartizan.gateway.answer_head import read_answer
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.tools import is_destructive, is_tool
from bartizan.sample import parts
from bartizan.sample.parts import play
from bartizan.sample.scene import Answer, Asked, Scene

SMUGGLED = ("length-and-chunks", "two-lengths", "odd-coding", "body-of-none")


@pytest.fixture
def scene() -> Iterator[Scene]:
    with closing(Scene(play)) as found:
        yield found


def request(path: str, body: bytes = b"", method: str = "POST") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nX-Said: {method}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def asked(service: str, **fields: object) -> Asked:
    return Asked("POST", f"/{service}/v1/chat/completions", {}, json.dumps(fields).encode())


def body(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    return json.loads(answer.octets.partition(b"\r\n\r\n")[2])


def read(sock: socket.socket) -> bytes:
    octets = b""
    while b"\r\n\r\n" not in octets:
        more = sock.recv(65_536)
        assert more
        octets += more
    return octets


def test_what_came_to_a_service_is_remembered_as_it_came(scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.port), 60) as sock:
        for number in range(3):
            sock.sendall(request("/honest/v1/chat/completions", b'{"n": %d}' % number))
            assert read(sock).startswith(b"HTTP/1.1 200 OK\r\n")
        sock.sendall(request("/meter/v1/models?a=b", method="GET"))
        assert read(sock).startswith(b"HTTP/1.1 200 OK\r\n")
    assert [one.body for one in scene.asked("honest")] == [b'{"n": 0}', b'{"n": 1}', b'{"n": 2}']
    (other,) = scene.asked("meter")
    assert (other.method, other.path, other.fields["x-said"]) == ("GET", "/meter/v1/models?a=b", "GET")
    assert scene.asked("hone") == ()


def test_what_is_no_request_ends_the_connection_and_nothing_else(scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.port), 60) as sock:
        sock.sendall(b"\x16\x03\x01garbage\r\n\r\n")
        assert sock.recv(100) == b""
    with socket.create_connection(("127.0.0.1", scene.port), 60) as sock:
        sock.sendall(request("/honest/v1/models", method="GET"))
        assert read(sock).startswith(b"HTTP/1.1 200 OK\r\n")


def test_nothing_listens_and_no_connection_is_left_once_it_is_over() -> None:
    with closing(Scene(play)) as scene:
        sock = socket.create_connection(("127.0.0.1", scene.port), 60)
        sock.sendall(request("/hangs/v1/chat/completions"))
        for _ in range(12000):
            if scene.asked("hangs"):
                break
            time.sleep(0.005)
    with sock:
        assert sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", scene.port), 60).close()


@pytest.mark.parametrize("trick", SMUGGLED)
def test_a_hostile_answer_has_a_head_of_two_readings(trick: str) -> None:
    head = play(asked("smuggles", model=trick)).octets.partition(b"\r\n\r\n")[0]
    with pytest.raises(FramingDoubt):
        read_answer(head)


def test_a_second_answer_follows_the_first_where_it_is_asked_for() -> None:
    octets = play(asked("smuggles", model="two-answers")).octets
    assert octets.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert parts.MARK.encode() in octets


def test_the_server_of_tools_turns_once_it_is_asked_again() -> None:
    def listed(params: dict[str, Any]) -> list[dict[str, Any]]:
        told = play(asked("turncoat", method="tools/list", id=1, params=params))
        found: list[dict[str, Any]] = body(told)["result"]["tools"]
        return found

    (first,), (again,) = listed({}), listed({"cursor": "next"})
    assert first["name"] == again["name"]
    assert first["description"] != again["description"]


def test_one_tool_alone_is_marked_as_one_that_may_destroy() -> None:
    told = body(play(asked("tools", method="tools/list", id=1)))["result"]["tools"]
    assert all(is_tool(tool) for tool in told)
    assert [tool["name"] for tool in told if is_destructive(tool)] == ["wipe"]


def test_an_answer_of_the_meter_costs_more_than_it_was_asked_for() -> None:
    assert body(play(asked("meter", max_tokens=1)))["usage"]["completion_tokens"] == parts.DEAR


@pytest.mark.parametrize("octets", [b"", b"[]", b"\xff", b'{"model": 1}', b"{"])
def test_whatever_comes_a_part_answers_or_says_nothing(octets: bytes) -> None:
    for name in (
        "honest",
        "smuggles",
        "tools",
        "turncoat",
        "claude",
        "shop",
        "meter",
        "drops",
        "hangs",
        "no",
    ):
        for path in (f"/{name}/v1/models", f"/{name}", name, ""):
            assert isinstance(play(Asked("POST", path, {}, octets)), Answer)
