"""A program behind the proxy that frames a request two ways, so that the gateway would see a second one in it.

Through the proxy runs the user's token: a request that only the gateway sees would go out under it unjudged.
"""

import pytest

from tests.app.connect.scene import KEY, proxied, status

HIDDEN = b"GET /v1/secret HTTP/1.1\r\nhost: x\r\n\r\n"
FRAMINGS = [
    ["content-length: 5", "transfer-encoding: chunked"],
    ["transfer-encoding: chunked", "transfer-encoding: identity"],
    ["transfer-encoding: chunked, identity"],
    ["transfer-encoding: xchunked"],
    ["Transfer-Encoding : chunked"],
    ["transfer-encoding:\x0bchunked"],
    ["content-length: 5", "content-length: 6"],
    ["content-length: 5, 5"],
    ["content-length: +5"],
    ["content-length: 0x5"],
    ["content-length: 05"],
    ["content-length: -1"],
    ["connection: content-length", "content-length: 5"],
    ["content-length: 5", " folded: yes"],
    ["a: b\nauthorization: Bearer x"],
    ["host: other"],
]
CHUNKS = [
    b"5;a=b\r\nhello\r\n0\r\n\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"5\r\nhelloX\r\n0\r\n\r\n",
]
CHUNKS += [b"0\r\nx: y\r\n\r\n", b"fffffffff\r\n", b"5\r\nhello\r\n0\r\n\rX"]


@pytest.mark.parametrize("fields", FRAMINGS, ids=" + ".join)
def test_a_request_framed_two_ways_is_refused_and_what_follows_is_not_read(fields: list[str]) -> None:
    with proxied() as scene:
        lines = "\r\n".join(
            ["POST /v1/x HTTP/1.1", f"host: localhost:{scene.port}", f"x-api-key: {KEY}", *fields]
        )
        answer = scene.say(lines.encode() + b"\r\n\r\n0\r\n\r\n" + HIDDEN)
        assert status(answer) in {400, 411}
        assert answer.count(b"\r\ndate: ") == 1
        assert scene.asked == []


@pytest.mark.parametrize("body", CHUNKS)
def test_a_body_in_doubtful_chunks_is_never_whole_for_the_gateway(body: bytes) -> None:
    with proxied() as scene:
        head = scene.request("/v1/x", "transfer-encoding: chunked", method="PUT")
        answer = scene.say(head + body + HIDDEN)
        assert status(answer) in {400, 413}
        assert answer.count(b"\r\ndate: ") == 1
        assert scene.asked == []


@pytest.mark.parametrize(
    "target",
    ["http://other/v1/x", "//other/v1", "/v1/../oauth/token", "/v1/%2e%2e/x", "*", "other:443", "/v1/\x7f"],
)
def test_a_target_that_could_be_read_as_another_is_refused(target: str) -> None:
    with proxied() as scene:
        assert status(scene.say(scene.request().replace(b"/v1/models", target.encode()))) == 400
        assert scene.asked == []


def test_a_body_as_long_as_it_says_is_followed_by_a_request_of_its_own() -> None:
    """What follows a whole body is a request like any other, judged by itself: this one lacks the key."""
    with proxied() as scene:
        answer = scene.say(
            scene.request(method="POST", body=b"{}") + HIDDEN.replace(b"x\r\n", b"localhost\r\n")
        )
        assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 401") == 1
        assert len(scene.asked) == 1
