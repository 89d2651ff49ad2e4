"""Reading a request's head: one reading, or none.

Rules of this file: a head is read by a grammar narrower than RFC 9112's and, a second time, by llhttp; where
the two differ the request is refused. What the grammar does not take is looked at again only to name the
fault. Nothing here decides: facts go to the control `gateway.input-valid`, whose first finding is the answer.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import httptools
import msgspec
from typing_extensions import override

from bartizan.gateway.bounds import FIELDS, HEAD_OCTETS, LINE_OCTETS
from bartizan.gateway.controls import input_valid
from bartizan.gateway.diagnosis import METHODS, fault_of
from bartizan.gateway.faults import refusal
from bartizan.gateway.subject import RequestFacts

END: Final = b"\r\n\r\n"
"""What follows the octets of a head."""
EDGE: Final = b"x-bartizan-edge"
"""Field that holds the secret of a proxy: one that asks for decisions, or one in front."""
CLIENT: Final = b"x-bartizan-client"
"""Field in which a proxy in front names the address of who connected to it."""
CHUNKED: Final = -1
"""The length of a body that comes in chunks."""
_HEAD: Final = re.compile(
    rb"([A-Z]{3,16}) (?!\S*(?://|/\.\.?[/ ?]))((/[A-Za-z0-9._~:/-]*)"
    rb"(?:\?((?:[A-Za-z0-9._~:=&-]|%5[Bb]%5[Dd]|%3[Aa])+))?) HTTP/1\.([01])"
    rb"((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\x20-\x7e\t]*)*)"
)
LOOKED_AT: Final = (
    *(b"authorization", b"x-api-key", b"api-key", b"anthropic-version", b"anthropic-beta"),
    *(b"mcp-session-id", b"mcp-protocol-version", b"last-event-id"),
    CLIENT,
    b"dpop",
    *(b"cookie", b"origin", b"sec-fetch-site"),
)
"""Fields that are looked at besides those that every request has."""
WIDER: Final = re.compile(
    rb"([A-Z]{3,16}) (?![^\s?]*(?://|/\.\.?[/ ?]))((/[A-Za-z0-9._~:/!$&'()*+,;=@%-]*)"
    rb"(?:\?((?:[A-Za-z0-9._~:=&/!$'()*+,;@%-])+))?) HTTP/1\.([01])"
    rb"((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\x20-\x7e\t]*)*)"
)
"""The same with all that RFC 3986 has for paths and queries but a second question mark: for described services alone."""
_PLAIN_PATH: Final = re.compile(rb"[A-Za-z0-9._~:/-]*")
_PLAIN_QUERY: Final = re.compile(rb"(?:[A-Za-z0-9._~:=&-]|%5[Bb]%5[Dd]|%3[Aa])*")
_FIELD: Final = re.compile(rb"\r\n([^:]+):[ \t]*([^\r]*)")
_PORT: Final = re.compile(rb":[0-9]{1,5}\Z")
_TRACE: Final = re.compile(rb"00-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-[0-9a-f]{2}")
_NO_TRACE: Final = "", ""
_SCHEMES: Final = (b"bearer", b"dpop")
_BASIC: Final = re.compile(rb"Basic [A-Za-z0-9+/]+={0,2}")


class RequestHead(msgspec.Struct, frozen=True):
    """A head that was accepted.

    Attributes:
        method, path: as sent.
        minor: of the version, HTTP/1.minor.
        keep_alive: whether the client wants to go on with the connection.
        length: octets of the body, or `CHUNKED`.
        expects: whether the client waits for 100 Continue before it sends the body.
        token: access token of scheme Bearer or DPoP, or empty.
        basic: value of an Authorization field of scheme Basic, or empty; for the token endpoint alone.
        media: media type of the body, lower-case, without parameters; empty where none is named.
        encoded: whether a Content-Encoding other than identity is named.
        edge: what a proxy shows, or empty.
        trace: 32 hexadecimal digits of the trace that the request is part of, or empty. The client's word: it goes on
            to the service, and nothing here is decided or kept by it.
        parent: 16 hexadecimal digits of the span of that trace that the request was sent from, or empty.
        query: what follows the path's question mark, unjudged; empty where nothing does.
        fields: those that somebody looks at (`LOOKED_AT` and what descriptions name), by name.
        scheme: whether the token is of scheme DPoP.
        proof: value of the field DPoP, or empty.
        host: value of Host, lower-case; one of this gateway's names, perhaps with a port.
    """

    method: bytes
    path: bytes
    minor: int
    keep_alive: bool
    length: int
    expects: bool
    token: str
    basic: bytes
    media: bytes
    encoded: bool
    edge: bytes = b""
    trace: str = ""
    parent: str = ""
    query: bytes = b""
    fields: Mapping[bytes, bytes] = {}
    scheme: bool = False
    proof: str = ""
    host: bytes = b""

    @override
    def __repr__(self) -> str:
        """Return method and path alone: the rest holds credentials."""
        return f"RequestHead({self.method!r}, {self.path!r}, …)"


class HeadReader:
    """Reads heads for a gateway that answers to certain names; a pure function of the head's octets."""

    __slots__ = ("_head", "_looked_at", "_names", "_told")

    def __init__(self, names: Iterable[str], told: Iterable[bytes] | None = None) -> None:
        """Answer to these names: host names and addresses as Host carries them, without a port.

        Args:
            names: of this gateway.
            told: fields that described services look at; None where there is no such service, and so no escape and
                no other character than the routes of the other protocols have.
        """
        self._head = _HEAD if told is None else WIDER
        self._told = frozenset(told or ())
        self._looked_at = (*LOOKED_AT, *sorted(self._told.difference(LOOKED_AT)))
        self._names = frozenset((f"[{name}]" if ":" in name else name).lower().encode() for name in names)

    def read(self, head: bytes) -> RequestHead:
        """Return the accepted head.

        Args:
            head: the octets before the empty line.
        Raises:
            Refusal: the head is refused; its reason names why.
        """
        reading = read_fields(head, self._names, self._head)
        _require_valid(reading.facts)
        if reading.facts.repeated and not self._told.isdisjoint(reading.facts.repeated):
            _require_valid(RequestFacts(fault="field-repeated"))
        if not _llhttp_agrees(head, reading):
            _require_valid(RequestFacts(fault="parsers-disagree"))
        return _accepted(reading, self._looked_at)


def require_plain(head: RequestHead) -> None:
    """Refuse a target with characters that only described services take. Raises `Refusal`."""
    if _PLAIN_PATH.fullmatch(head.path) is None:
        _require_valid(RequestFacts(fault="path-encoded" if b"%" in head.path else "target-malformed"))
    if _PLAIN_QUERY.fullmatch(head.query) is None:
        _require_valid(RequestFacts(fault="query-malformed"))


class Reading(msgspec.Struct, frozen=True):
    """What the grammar found in a head.

    Attributes:
        facts: for the control.
        target, path, query: as sent; the target is the other two and the question mark between them.
        pairs: fields in order, names in lower case, values without surrounding white space.
    """

    facts: RequestFacts
    target: bytes = b""
    path: bytes = b""
    query: bytes = b""
    pairs: tuple[tuple[bytes, bytes], ...] = ()


def read_fields(head: bytes, names: frozenset[bytes], form: re.Pattern[bytes] = _HEAD) -> Reading:
    """Return what a head says, unjudged.

    Args:
        head: the octets before the empty line.
        names: lower-case names of this gateway.
        form: of a head.
    """
    shape = form.fullmatch(head)
    if shape is None or len(head) > HEAD_OCTETS:
        return Reading(RequestFacts(fault=fault_of(head)))
    method, target, path, query, minor, lines = shape.groups()
    pairs = tuple([(name.lower(), value.rstrip()) for name, value in _FIELD.findall(lines)])
    fields = dict(reversed(pairs))
    facts = RequestFacts(
        fault=_bounds(method, target, len(pairs)),
        method=method,
        minor=int(minor),
        fields=fields,
        repeated=() if len(fields) == len(pairs) else _repeated(pairs),
        host_known=_PORT.sub(b"", fields.get(b"host", b"").lower()) in names,
    )
    return Reading(facts, target, path, query or b"", pairs)


def _require_valid(facts: RequestFacts) -> None:
    found = input_valid.judge(facts)
    if found:
        raise refusal(found[0].reason)


def _repeated(pairs: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, ...]:
    seen: set[bytes] = set()
    twice: dict[bytes, None] = {}
    for name, _ in pairs:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return tuple(twice)


def _bounds(method: bytes, target: bytes, fields: int) -> str:
    if method not in METHODS:
        return "target-authority" if method == b"CONNECT" else "method-unknown"
    if len(target) > LINE_OCTETS:
        return "request-line-too-long"
    return "fields-too-many" if fields > FIELDS else ""


class _Llhttp:
    __slots__ = ("complete", "pairs", "target")

    def __init__(self) -> None:
        self.target, self.complete = b"", False
        self.pairs: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.pairs.append((name.lower(), value.strip()))

    def on_headers_complete(self) -> None:
        self.complete = True


def _llhttp_agrees(head: bytes, reading: Reading) -> bool:
    second = _Llhttp()
    parser = httptools.HttpRequestParser(second)
    try:
        parser.feed_data(head + END)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):  # the one is not of the other's kind
        return False
    return (
        second.complete
        and second.target == reading.target
        and tuple(second.pairs) == reading.pairs
        and parser.get_method() == reading.facts.method
        and parser.get_http_version() == f"1.{reading.facts.minor}"
    )


def _accepted(reading: Reading, looked_at: tuple[bytes, ...]) -> RequestHead:
    facts, fields = reading.facts, reading.facts.fields
    authorization = fields.get(b"authorization", b"")
    scheme = authorization[:7].partition(b" ")[0].lower()
    trace, parent = _trace(facts) if b"traceparent" in fields else _NO_TRACE
    return RequestHead(
        method=facts.method,
        path=reading.path,
        minor=facts.minor,
        keep_alive=b"close" not in fields.get(b"connection", b"").lower() and facts.minor == 1,
        length=CHUNKED if b"transfer-encoding" in fields else int(fields.get(b"content-length", b"0")),
        expects=b"expect" in fields and facts.minor == 1,
        token=authorization.partition(b" ")[2].strip().decode() if scheme in _SCHEMES else "",
        scheme=scheme == b"dpop",
        proof=fields.get(b"dpop", b"").decode(),
        host=fields.get(b"host", b"").lower(),
        basic=authorization if _BASIC.fullmatch(authorization) else b"",
        media=fields.get(b"content-type", b"").partition(b";")[0].strip().lower(),
        encoded=fields.get(b"content-encoding", b"identity").lower() != b"identity",
        edge=fields.get(EDGE, b""),
        trace=trace,
        parent=parent,
        query=reading.query,
        fields={name: fields[name] for name in looked_at if name in fields},
    )


def _trace(facts: RequestFacts) -> tuple[str, str]:
    """Return trace-id and parent-id of a traceparent that is valid and stands once, else nothing: a new one is begun.

    Source: W3C Trace Context 3.2 and 4.3.
    """
    found = _TRACE.fullmatch(facts.fields[b"traceparent"])
    if found is None or b"traceparent" in facts.repeated:
        return _NO_TRACE
    return found[1].decode(), found[2].decode()
