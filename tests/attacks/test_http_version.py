"""An adversary who speaks another protocol, or asks to change to one."""

import pytest

from tests.gateway.scene import refusal

HOST = b"Host: localhost\r\nAuthorization: Bearer good\r\n"
BAD = {
    "HTTP/0.9": (b"GET /v1/models\r\n", 400, "version-missing"),
    "HTTP/0.9 with more": (b"GET /v1/models\r\nHost: localhost\r\n\r\n", 400, "version-missing"),
    "HTTP/0.9 by number": (b"GET /v1/models HTTP/0.9\r\n" + HOST + b"\r\n", 505, "version-unsupported"),
    "HTTP/1.2": (b"GET /v1/models HTTP/1.2\r\n" + HOST + b"\r\n", 505, "version-unsupported"),
    "HTTP/2.0": (b"GET /v1/models HTTP/2.0\r\n" + HOST + b"\r\n", 505, "version-unsupported"),
    "HTTP/3": (b"GET /v1/models HTTP/3\r\n" + HOST + b"\r\n", 505, "version-unsupported"),
    "HTTP/11": (b"GET /v1/models HTTP/11\r\n" + HOST + b"\r\n", 400, "request-line-malformed"),
    "http/1.1": (b"GET /v1/models http/1.1\r\n" + HOST + b"\r\n", 400, "request-line-malformed"),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2-preface"),
    "an upgrade to h2c": (
        b"GET /v1/models HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
        + HOST
        + b"\r\n",
        400,
        "upgrade-refused",
    ),
    "an upgrade to websocket": (
        b"GET /v1/models HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + HOST + b"\r\n",
        400,
        "upgrade-refused",
    ),
    "an upgrade that is only an option": (
        b"GET /v1/models HTTP/1.1\r\nConnection: upgrade\r\n" + HOST + b"\r\n",
        400,
        "connection-option",
    ),
    "settings of HTTP/2 alone": (
        b"GET /v1/models HTTP/1.1\r\nHTTP2-Settings: AAMAAABk\r\n" + HOST + b"\r\n",
        400,
        "upgrade-refused",
    ),
    "TRACE": (b"TRACE /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 501, "method-unknown"),
    "a method of its own": (b"STEAL /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 501, "method-unknown"),
    "a method in small letters": (b"get /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 501, "method-unknown"),
    "a long method": (b"G" * 40 + b" /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", 501, "method-unknown"),
    "TLS where none is spoken": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "control-character"),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", 400, "request-line-malformed"),
}


@pytest.mark.parametrize("name", BAD)
def test_only_http_1_is_spoken(name: str) -> None:
    octets, status, reason = BAD[name]
    answer = refusal(octets)
    assert (answer.status, answer.reason) == (status, reason)
