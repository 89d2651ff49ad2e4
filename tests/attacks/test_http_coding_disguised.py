"""An adversary who disguises Transfer-Encoding, so that one reader sees chunks and another does not (TE.TE).

The disguises are those of the public literature, and every octet at every place of the line. Whatever is done,
the gateway refuses, or it read the one body that there is.
"""

import pytest

from tests.gateway.scene import CHAT, Scene, client, run, standing

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CHAT), CHAT)
HIDDEN = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nX: "
LENGTH = b"Content-Length: %d\r\n" % len(CHUNKS + HIDDEN)

DISGUISES = {
    "nameprefix, a space": b" Transfer-Encoding: chunked",
    "nameprefix, a tab": b"\tTransfer-Encoding: chunked",
    "space before the colon": b"Transfer-Encoding : chunked",
    "tab before the colon": b"Transfer-Encoding\t: chunked",
    "no colon": b"Transfer-Encoding chunked",
    "two colons": b"Transfer-Encoding:: chunked",
    "an underscore": b"Transfer_Encoding: chunked",
    "a space for the hyphen": b"Transfer Encoding: chunked",
    "a dot for the hyphen": b"Transfer.Encoding: chunked",
    "backslash in the name": b"Transfer\\Encoding: chunked",
    "a folded value": b"Transfer-Encoding:\r\n chunked",
    "a value folded by a tab": b"Transfer-Encoding:\r\n\tchunked",
    "folded in the word": b"Transfer-Encoding: chun\r\n ked",
    "a fold to the field before": b"X: y\r\n Transfer-Encoding: chunked",
    "a bare LF in the name": b"Transfer-\nEncoding: chunked",
    "a bare LF after the colon": b"Transfer-Encoding:\nchunked",
    "a bare LF before": b"X: y\nTransfer-Encoding: chunked",
    "a bare CR before": b"X: y\rTransfer-Encoding: chunked",
    "two LFs before": b"X: y\n\nTransfer-Encoding: chunked",
    "LF CR for CR LF": b"X: y\n\rTransfer-Encoding: chunked",
    "a bare CR at the end": b"Transfer-Encoding: chunked\r",
    "a quoted word": b'Transfer-Encoding: "chunked"',
    "a word in single quotes": b"Transfer-Encoding: 'chunked'",
    "capitals": b"Transfer-Encoding: CHUNKED",
    "a capital": b"Transfer-Encoding: cHunked",
    "a letter in front": b"Transfer-Encoding: xchunked",
    "a letter less": b"Transfer-Encoding: chunke",
    "a comma in front": b"Transfer-Encoding: ,chunked",
    "a comma behind": b"Transfer-Encoding: chunked,",
    "chunked twice": b"Transfer-Encoding: chunked, chunked",
    "identity and chunked": b"Transfer-Encoding: identity, chunked",
    "chunked and identity": b"Transfer-Encoding: chunked, identity",
    "a coding that nobody has": b"Transfer-Encoding: cow, chunked",
    "a semicolon": b"Transfer-Encoding: chunked;",
    "a parameter": b"Transfer-Encoding: chunked;a=b",
    "nothing": b"Transfer-Encoding:",
    "identity": b"Transfer-Encoding: identity",
    "encoded": b"Transfer-%45ncoding: chunked",
    "encoded words (RFC 2047)": b"Transfer-Encoding: =?iso-8859-1?B?Y2h1bmtlZA==?=",
    "a long s (U+017F)": "Tran\u017ffer-Encoding: chunked".encode(),
    "a kelvin sign": "Transfer-Encoding: chun\u212aed".encode(),
    "a no-break space": b"Transfer-Encoding:\xa0chunked",
    "a byte order mark": b"\xef\xbb\xbfTransfer-Encoding: chunked",
    "twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "twice, in two spellings": b"Transfer-Encoding: chunked\r\ntransfer-encoding: x",
    "a field between": b"Transfer-Encoding: x\r\nX: y\r\nTransfer-Encoding: chunked",
    "under another name": b"TE: chunked",
    "named in Connection": b"Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
    "length named in Connection": b"Connection: Content-Length",
    "in a trailer that is announced": b"Trailer: Transfer-Encoding",
    "Content-Encoding instead": b"Content-Encoding: chunked",
}


async def asked(scene: Scene, octets: bytes, name: object) -> None:
    """Send octets; nothing but one refusal may come back, and nothing go on."""
    async with client(scene) as one:
        answer = await one.ask(octets)
        assert 400 <= answer.status < 500, name
        if not one.writer.is_closing():
            one.writer.write_eof()
        assert await one.closed() == b"", name
    assert (scene.upstream.received, scene.upstream.faults) == ([], [])


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "without"])
def test_a_disguised_coding_hides_no_request(length: bool) -> None:  # noqa: FBT001 - a case
    async def scenario() -> None:
        async with standing() as scene:
            for name, disguise in DISGUISES.items():
                head = HEAD + (LENGTH if length else b"") + disguise + b"\r\n\r\n"
                await asked(scene, head + CHUNKS + HIDDEN, name)

    run(scenario())


LINE = b"Transfer-Encoding: chunked"
PLACES = (0, 5, len(b"Transfer-Encoding"), len(b"Transfer-Encoding:"), len(LINE) - 3, len(LINE))
HARMLESS = {(18, 0x20), (18, 0x09), (len(LINE), 0x20)}
"""White space around the value is what RFC 9110 5.5 has there. A tab behind it is not taken: llhttp stumbles on it."""


@pytest.mark.parametrize("place", PLACES)
def test_no_octet_in_the_line_hides_a_request(place: int) -> None:
    """Without a length, so that a reader which does not see the coding would see no body at all (TE.0)."""

    async def scenario() -> None:
        async with standing() as scene:
            for octet in range(256):
                if (place, octet) not in HARMLESS:
                    line = LINE[:place] + bytes([octet]) + LINE[place:]
                    await asked(scene, HEAD + line + b"\r\n\r\n" + CHUNKS + HIDDEN, octet)

    run(scenario())


@pytest.mark.parametrize(("place", "octet"), sorted(HARMLESS))
def test_white_space_around_the_word_is_none_of_it(place: int, octet: int) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            line = LINE[:place] + bytes([octet]) + LINE[place:]
            assert (await one.ask(HEAD + line + b"\r\n\r\n" + CHUNKS)).status == 200
            (received,) = scene.upstream.received
            assert (received.body, received.header(b"transfer-encoding")) == (CHAT, None)

    run(scenario())
