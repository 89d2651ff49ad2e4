"""Reading what a local client asks: one strict reading, and nobody but the user's own programs.

Rules of this file: pure. Framing is judged by the gateway's own rules. A browser lets any page send requests to
this machine, so whatever bears a browser's marks, or names a host that is not this machine, is refused. What is
passed on is written anew: the client's credentials and everything about this hop stay here.
"""

from typing import Final

import msgspec
from typing_extensions import override

from bartizan.crypto.secret import Secret
from bartizan.gateway.controls import input_valid
from bartizan.gateway.faults import Fault, Refusal, refusal
from bartizan.gateway.framing import Body, Chunked, Counted
from bartizan.gateway.protocols.dialect import Errors
from bartizan.gateway.request import CHUNKED, WIDER, Reading, read_fields

HOSTS: Final = frozenset({b"localhost", b"127.0.0.1"})
"""What Host may say, without the port: a page that has its own name point here (DNS rebinding) says that name."""
MARKS: Final = frozenset(
    {
        b"origin",
        b"sec-fetch-site",
        b"sec-fetch-dest",
        b"sec-fetch-user",
        b"sec-fetch-storage-access",
        b"cookie",
        b"referer",
    }
)
FAMILIES: Final = (b"sec-ch-", b"sec-websocket-", b"access-control-")
"""Fields that browsers send and programs do not, and beginnings of such; of Sec-Fetch-*, Node's own fetch sends the mode alone.

Source: Fetch Metadata Request Headers (W3C), 2; every browser since 2023 says the site to a loopback address.
"""
CREDENTIALS: Final = (b"authorization", b"x-api-key", b"api-key")
"""Where clients put their key: OpenAI's and most, Anthropic's, Azure's."""
_OURS: Final = frozenset(
    {
        *CREDENTIALS,
        b"accept-encoding",  # the gateway compresses nothing, and nothing on the way shall
        b"connection",
        b"content-length",
        b"dpop",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
    }
)
"""Fields of this hop, and those that are set anew."""

BROWSER: Final = Fault(
    "browser-refused",
    403,
    "This proxy serves programs, not pages in a browser: the request carries a browser's fields (Origin, Sec-Fetch-Site, Cookie).",
    "",
)
KEY: Final = Fault(
    "key-wrong",
    401,
    "Present this proxy's own key as the API key: `bartizan connect` says where it lies.",
    "",
)


class LocalRequest(msgspec.Struct, frozen=True):
    """A request that was accepted.

    Attributes:
        method, target: as sent.
        minor: of the version, HTTP/1.minor.
        keep_alive: whether the client wants to go on with the connection.
        length: octets of the body, or `CHUNKED`.
        expects: whether the client waits for 100 Continue.
        lines: the fields that are passed on, each with its CR LF.
    """

    method: bytes
    target: bytes
    minor: int
    keep_alive: bool
    length: int
    expects: bool
    lines: bytes

    @override
    def __repr__(self) -> str:
        """Return method and length alone."""
        return f"LocalRequest({self.method!r}, {self.length}, …)"

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice does no harm, whatever became of the first."""
        return self.method in {b"GET", b"HEAD"}

    def body(self) -> Body:
        """Return the body, to be read; what is too much of it is the gateway's to say."""
        return Chunked(None) if self.length == CHUNKED else Counted(self.length)


def read_request(head: bytes, key: Secret | None) -> LocalRequest:
    """Return the accepted request.

    Args:
        head: the octets before the empty line.
        key: what the client must present as its API key; None takes any.
    Raises:
        Refusal: it goes no further; `reason` is a word of `gateway.faults`, `browser-refused` or `key-wrong`.
    """
    reading = read_fields(head, HOSTS, WIDER)  # which routes take escapes is the gateway's to say
    found = input_valid.judge(reading.facts)
    if found:
        raise refusal(found[0].reason)
    if b"%2e" in reading.path.lower():
        raise refusal("path-dot-segment")  # nobody has to write a dot so, but who means another path
    if any(name in MARKS or name.startswith(FAMILIES) for name, _ in reading.pairs):
        raise Refusal(BROWSER)
    if key is not None and not _presents(reading, key):
        raise Refusal(KEY)
    return _accepted(head, reading)


def errors_of(head: bytes) -> Errors:
    """Return the shape in which whoever sent this reads a refusal, accepted or not.

    Anthropic's clients say its version with every request, tool clients ask below `/mcp`.

    Args:
        head: the octets before the empty line, or what there is of them.
    """
    line, _, fields = head.lower().partition(b"\r\n")
    path = [*line.split(b" ", 2), b"", b""][1].partition(b"?")[0]
    if b"\r\nanthropic-version:" in b"\r\n" + fields or path.rstrip(b"/").endswith(
        (b"/v1/messages", b"/v1/messages/count_tokens")
    ):
        return Errors.ANTHROPIC
    if path.endswith(b"/mcp"):
        return Errors.JSONRPC
    if not path or b"/v1/" in path or b"/openai/" in path:
        return Errors.OPENAI
    return Errors.PROBLEM


def _presents(reading: Reading, key: Secret) -> bool:
    """Return whether one of the fields for a key holds this one; each is compared in constant time."""
    found = False
    for name in CREDENTIALS:
        value = reading.facts.fields.get(name, b"")
        if name == b"authorization":
            scheme, _, value = value.partition(b" ")
            value = value.strip() if scheme.lower() == b"bearer" else b""
        found |= key.matches(value)
    return found


def _accepted(head: bytes, reading: Reading) -> LocalRequest:
    facts, fields = reading.facts, reading.facts.fields
    kept = [b"%b: %b\r\n" % pair for pair in reading.pairs if pair[0] not in _OURS]
    return LocalRequest(
        method=facts.method,
        target=head.split(b" ", 2)[1],
        minor=facts.minor,
        keep_alive=b"close" not in fields.get(b"connection", b"").lower() and facts.minor == 1,
        length=CHUNKED if b"transfer-encoding" in fields else int(fields.get(b"content-length", b"0")),
        expects=b"expect" in fields and facts.minor == 1,
        lines=b"".join(kept),
    )


def forwarded(request: LocalRequest, authority: bytes, credential: bytes) -> bytes:
    """Return the head that the gateway gets.

    Args:
        request: what was accepted.
        authority: value of its Host field.
        credential: the lines that say who asks, each with its CR LF.
    """
    framing = b""
    if request.length == CHUNKED:
        framing = b"transfer-encoding: chunked\r\n"
    elif request.length or not request.repeatable:
        framing = b"content-length: %d\r\n" % request.length
    return b"%b %b HTTP/1.1\r\nhost: %b\r\naccept-encoding: identity\r\n%b%b%b\r\n" % (
        request.method,
        request.target,
        authority,
        credential,
        request.lines,
        framing,
    )
