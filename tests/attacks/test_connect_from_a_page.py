"""A web page in the user's browser, which can send requests to 127.0.0.1 and hopes that somebody answers.

It may point its own name here (DNS rebinding), post forms across sites, or open a WebSocket; it cannot read the key's file,
and cannot keep a browser from saying where it comes from.
"""

import pytest

from tests.app.connect.scene import KEY, proxied, status

REBOUND = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "0.0.0.0:{port}",
    "2130706433",
    "[::ffff:127.0.0.1]",
    "192.168.0.1",
    "",
]


@pytest.mark.parametrize("key", [KEY, None], ids=["a proxy with a key", "one without"])
@pytest.mark.parametrize("host", REBOUND)
def test_a_name_that_was_pointed_here_is_not_ours(host: str, key: str | None) -> None:
    with proxied(key=key) as scene:
        own = f"host: 127.0.0.1:{scene.port}"
        said = scene.request().replace(own.encode(), f"host: {host.format(port=scene.port)}".encode())
        assert status(scene.say(said)) == 421
        assert scene.asked == []


@pytest.mark.parametrize(
    "field",
    [
        "origin: https://evil.example",
        "origin: null",
        "origin: http://127.0.0.1:{port}",
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-origin",
        "sec-fetch-dest: empty",
        "sec-fetch-user: ?1",
        'sec-ch-ua: "Chromium"',
        "referer: https://evil.example/",
        "cookie: a=b",
        "access-control-request-method: POST",
        "access-control-request-private-network: true",
        "sec-websocket-key: x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_what_a_browser_sends_goes_nowhere_with_or_without_the_key(method: str, field: str) -> None:
    for key in (KEY, None):
        with proxied(key=key) as scene:
            answer = scene.ask("/v1/models", field.format(port=scene.port), method=method)
            assert status(answer) == 403
            assert b"access-control-allow" not in answer.lower()
            assert scene.asked == []


def test_a_form_posted_across_sites_without_any_mark_still_lacks_the_key() -> None:
    with proxied() as scene:
        plain = scene.request(
            "/v1/chat/completions",
            "content-type: text/plain",
            method="POST",
            body=b'{"model":"sample"}',
            key="guessed",
        )
        answer = scene.say(plain.replace(b"authorization: Bearer guessed\r\n", b""))
    assert status(answer) == 401
    assert scene.asked == []


def test_a_websocket_is_not_opened() -> None:
    with proxied() as scene:
        assert status(scene.ask("/v1/models", "upgrade: websocket")) == 400
        assert scene.asked == []
