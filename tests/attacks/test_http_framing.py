"""An adversary who smuggles: one request for the gateway, another hidden in it for whoever stands behind."""

import pytest

from tests.gateway.scene import CHAT, refused, run, standing

LINE = b"POST /v1/chat/completions HTTP/1.1\r\n"
REST = b"Host: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
HEAD = LINE + REST
HIDDEN = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CHAT), CHAT)
LENGTH = b"Content-Length: %d\r\n" % len(CHAT)

SMUGGLED = {
    "length and coding (CL.TE)": (
        LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        "length-with-coding",
    ),
    "coding and length (TE.CL)": (
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNKS,
        "length-with-coding",
    ),
    "two differing lengths": (LENGTH + b"Content-Length: 0\r\n\r\n" + CHAT, "length-repeated"),
    "two equal lengths": (LENGTH + LENGTH + b"\r\n" + CHAT, "length-repeated"),
    "a list of lengths": (b"Content-Length: 5,5\r\n\r\nhello", "length-malformed"),
    "a signed length": (b"Content-Length: +5\r\n\r\nhello", "length-malformed"),
    "a negative length": (b"Content-Length: -5\r\n\r\nhello", "length-malformed"),
    "a hexadecimal length": (b"Content-Length: 0x5\r\n\r\nhello", "length-malformed"),
    "an octal length": (b"Content-Length: 057\r\n\r\n" + CHAT, "length-malformed"),
    "a length with an underscore": (b"Content-Length: 5_7\r\n\r\n" + CHAT, "length-malformed"),
    "a length with a space": (b"Content-Length: 5 7\r\n\r\n" + CHAT, "length-malformed"),
    "an empty length": (b"Content-Length:\r\n\r\n" + CHAT, "length-malformed"),
    "an endless length": (b"Content-Length: 99999999999999999999\r\n\r\n", "length-malformed"),
    "no length at all": (b"\r\n" + CHAT, "length-missing"),
    "two codings": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        "coding-repeated",
    ),
    "two codings, one unknown": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + CHUNKS,
        "coding-repeated",
    ),
    "gzip, chunked": (b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, "coding-unknown"),
    "chunked, identity": (b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS, "coding-unknown"),
    "identity": (b"Transfer-Encoding: identity\r\n\r\n" + CHAT, "coding-unknown"),
    "xchunked": (b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS, "coding-unknown"),
    "CHUNKED": (b"Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKS, "coding-unknown"),
    "chunked in quotes": (b'Transfer-Encoding: "chunked"\r\n\r\n' + CHUNKS, "coding-unknown"),
    "chunked with a parameter": (b"Transfer-Encoding: chunked;q=1\r\n\r\n" + CHUNKS, "coding-unknown"),
    "chunked behind a vertical tab": (
        b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
        "control-character",
    ),
    "coding before a space and a colon": (
        b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
        "space-before-colon",
    ),
    "coding on a folded line": (b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS, "line-folded"),
    "coding behind a bare LF": (b"X: y\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, "bare-line-feed"),
    "coding behind a bare CR": (b"X: y\rTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, "bare-carriage-return"),
    "a trailer that is announced": (
        b"Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n" + CHUNKS,
        "trailer-refused",
    ),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_two_readings_of_a_body_are_none(name: str) -> None:
    octets, reason = SMUGGLED[name]

    async def scenario() -> None:
        async with standing() as scene:
            answer = await refused(scene, HEAD + octets + HIDDEN)
            assert answer.reason == reason
            assert answer.status in (400, 411)
            assert answer.headers[b"connection"] == b"close"

    run(scenario())


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
@pytest.mark.parametrize("framing", [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_where_none_belongs_is_refused(method: bytes, framing: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            octets = method + b" /v1/models HTTP/1.1\r\n" + REST + framing + b"\r\n" + HIDDEN
            if method == b"HEAD":  # its answer has no document to read the word from
                await refused_head(octets)
                return
            assert (await refused(scene, octets)).reason == "body-unexpected"

    async def refused_head(octets: bytes) -> None:
        async with standing() as scene:
            answer = await refused(scene, octets)
            assert answer.status == 400

    run(scenario())


def test_a_coding_on_http_1_0_is_refused() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            octets = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS
            assert (await refused(scene, octets)).reason == "coding-before-1.1"

    run(scenario())
