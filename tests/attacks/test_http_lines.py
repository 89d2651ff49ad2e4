"""An adversary who plays with lines and fields: what one parser takes for white space, another for an end."""

import pytest

from tests.gateway.scene import refusal

LINE = b"GET /v1/models HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
BAD = {
    "lines that end with LF": (b"GET /v1/models HTTP/1.1\nHost: localhost\n\n", "bare-line-feed"),
    "one line that ends with LF": (LINE + b"X: y\n" + HOST + b"\r\n", "bare-line-feed"),
    "an end by LF": (LINE + b"Host: localhost\r\n\n", "bare-line-feed"),
    "a bare CR": (LINE + HOST + b"X: a\rb\r\n\r\n", "bare-carriage-return"),
    "two CRs": (LINE + HOST + b"X: a\r\r\n\r\n", "bare-carriage-return"),
    "a NUL in a value": (LINE + HOST + b"X: a\x00b\r\n\r\n", "control-character"),
    "a NUL in a name": (LINE + HOST + b"X\x00: a\r\n\r\n", "control-character"),
    "a NUL in the target": (b"GET /v1/models\x00 HTTP/1.1\r\n" + HOST + b"\r\n", "control-character"),
    "a vertical tab": (LINE + HOST + b"X: \x0b\r\n\r\n", "control-character"),
    "a DEL": (LINE + HOST + b"X: \x7f\r\n\r\n", "control-character"),
    "octets beyond ASCII": (LINE + HOST + b"X: \xe9\r\n\r\n", "non-ascii"),
    "a folded line": (LINE + HOST + b"X: a\r\n b\r\n\r\n", "line-folded"),
    "a line folded by a tab": (LINE + HOST + b"X: a\r\n\tb\r\n\r\n", "line-folded"),
    "a fold before the first field": (LINE + b" X: a\r\n" + HOST + b"\r\n", "line-folded"),
    "a space before the colon": (LINE + b"Host : localhost\r\n\r\n", "space-before-colon"),
    "a tab before the colon": (LINE + b"Host\t: localhost\r\n\r\n", "space-before-colon"),
    "a field without a colon": (LINE + HOST + b"nonsense\r\n\r\n", "field-name-malformed"),
    "a field without a name": (LINE + HOST + b": x\r\n\r\n", "field-name-malformed"),
    "a name in brackets": (LINE + HOST + b"[x]: y\r\n\r\n", "field-name-malformed"),
    "a space in a name": (LINE + HOST + b"a b: y\r\n\r\n", "field-name-malformed"),
    "two Authorization fields": (
        LINE + HOST + b"Authorization: Bearer good\r\nAuthorization: Bearer other\r\n\r\n",
        "field-repeated",
    ),
    "two Content-Types": (LINE + HOST + b"Content-Type: a/b\r\ncontent-type: a/b\r\n\r\n", "field-repeated"),
    "an empty line in front": (b"\r\n" + LINE + HOST + b"\r\n", "request-line-malformed"),
    "a space in front": (b" " + LINE + HOST + b"\r\n", "request-line-malformed"),
    "two spaces": (b"GET  /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", "request-line-malformed"),
    "a tab for a space": (b"GET\t/v1/models HTTP/1.1\r\n" + HOST + b"\r\n", "request-line-malformed"),
    "a space at the end": (b"GET /v1/models HTTP/1.1 \r\n" + HOST + b"\r\n", "request-line-malformed"),
    "an authority of another connection": (
        LINE + HOST + b"Connection: close, authorization\r\n\r\n",
        "connection-option",
    ),
    "an expectation nobody knows": (LINE + HOST + b"Expect: a-miracle\r\n\r\n", "expectation-unknown"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_head_that_may_be_read_otherwise_is_not_read(name: str) -> None:
    octets, reason = BAD[name]
    assert refusal(octets).reason == reason
