"""What the gateway refuses, by name: a table.

Rules of this file: every refusal of the gateway itself has one word, one status and one sentence for people;
the word goes into the record and into the answer, the sentence only into the answer. Neither repeats what a
client sent. Refusals of the access room bring their own.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

INPUT: Final = "gateway.input-valid"
RATE: Final = "gateway.rate-limited"
RECORD: Final = "gateway.monitored"
TOOL: Final = "gateway.tool-trusted"


class Fault(msgspec.Struct, frozen=True):
    """One named refusal.

    Attributes:
        reason: its word.
        status: of the HTTP answer.
        what: one sentence: what is wrong and what to do.
        control: id of the control that refuses, or empty where none does (an upstream that fails).
    """

    reason: str
    status: int
    what: str
    control: str


_INPUT: Final = (
    ("head-too-long", 431, "The request's head is longer than 32 KiB; send fewer or shorter fields."),
    ("head-timeout", 408, "The request's head did not arrive in time; send it at once."),
    ("fields-too-many", 431, "The request has more than 100 header fields."),
    ("request-line-malformed", 400, "The request line is not METHOD SP target SP HTTP/1.1."),
    ("request-line-too-long", 414, "The request line is longer than 2,048 octets."),
    ("version-missing", 400, "The request line names no HTTP version; HTTP/0.9 is not served."),
    ("version-unsupported", 505, "Only HTTP/1.1 and HTTP/1.0 are served here."),
    ("http2-preface", 505, "This is an HTTP/2 preface; HTTP/2 clients come in through a proxy at the edge."),
    ("method-unknown", 501, "The method is not one that any route here knows."),
    ("target-absolute", 400, "The target is in absolute form; send only the path, and the name in Host."),
    ("target-authority", 400, "CONNECT and authority-form targets are not served: this is no forward proxy."),
    ("target-asterisk", 400, "The target * is not served."),
    ("target-malformed", 400, "The target holds characters that no route here has."),
    ("path-encoded", 400, "The path holds percent-encoding, which this route does not take."),
    ("path-empty-segment", 400, "The path holds an empty segment (//)."),
    ("path-dot-segment", 400, "The path holds a . or .. segment."),
    ("query-refused", 400, "The target has a query; this route takes none."),
    ("query-malformed", 400, "The query is not of plain name=value pairs, or has too many of them."),
    ("query-unknown", 400, "The query names a parameter that this route does not have: see param."),
    ("query-repeated", 400, "The query names a parameter twice that may stand once: see param."),
    ("query-missing", 400, "The query lacks a parameter that this route needs: see param."),
    ("query-invalid", 400, "A parameter of the query has a value that it may not have: see param."),
    ("path-invalid", 400, "A parameter of the path has a value that it may not have: see param."),
    ("bare-line-feed", 400, "A line of the head ends with LF alone; lines end with CR LF."),
    ("bare-carriage-return", 400, "The head holds a CR that no LF follows."),
    ("control-character", 400, "The head holds a control character."),
    ("non-ascii", 400, "The head holds octets beyond ASCII."),
    ("line-folded", 400, "A header field is folded over two lines, which HTTP/1.1 has withdrawn."),
    ("field-name-malformed", 400, "A header field's name is empty or holds characters that it may not."),
    ("space-before-colon", 400, "There is white space between a header field's name and its colon."),
    ("field-repeated", 400, "A header field that may stand once stands twice."),
    ("field-value-refused", 400, "A header field that goes on has a value that it may not have: see param."),
    ("field-line-missing", 400, "The request lacks a header field that this route needs: see param."),
    ("credentials-differ", 400, "Two header fields present different tokens; send one."),
    ("parsers-disagree", 400, "Two parsers read this head differently; it is refused as ambiguous."),
    ("host-missing", 400, "There is no Host field."),
    ("host-repeated", 400, "There is more than one Host field."),
    ("host-unknown", 421, "Host names none of the names that this gateway is configured to answer for."),
    ("host-differs", 400, "The absolute-form target and Host name different hosts."),
    ("length-repeated", 400, "There is more than one Content-Length."),
    ("length-malformed", 400, "Content-Length is not a plain decimal number."),
    ("length-with-coding", 400, "Content-Length and Transfer-Encoding stand together."),
    ("length-missing", 411, "The request needs a body with Content-Length or in chunks."),
    ("coding-repeated", 400, "There is more than one Transfer-Encoding."),
    ("coding-unknown", 400, "Transfer-Encoding is not exactly the word chunked."),
    ("coding-before-1.1", 400, "HTTP/1.0 has no Transfer-Encoding."),
    ("body-unexpected", 400, "This method takes no body."),
    ("upgrade-refused", 400, "No change of protocol is offered here (Upgrade, h2c)."),
    ("connection-option", 400, "Connection may only say close, keep-alive or TE."),
    ("expectation-unknown", 417, "The only expectation met here is 100-continue."),
    ("trailer-refused", 400, "Trailers are not taken."),
    ("body-too-large", 413, "The body is larger than this route takes."),
    ("body-timeout", 408, "The body did not arrive in time; send it faster, or smaller."),
    ("chunk-size-malformed", 400, "A chunk's size is not a plain hexadecimal number."),
    ("chunk-size-huge", 413, "A chunk's size is beyond every body that is taken here."),
    ("chunk-extension", 400, "Chunk extensions are not taken."),
    ("chunk-unterminated", 400, "A chunk's data is not followed by CR LF."),
    ("chunks-too-many", 400, "The body comes in more than 16,384 chunks; send larger ones."),
    (
        "content-type-unknown",
        415,
        "Content-Type must be application/json, for tokens application/x-www-form-urlencoded.",
    ),
    ("encoding-refused", 415, "Content-Encoding is not taken; send the body as it is."),
    ("json-malformed", 400, "The body is not well-formed JSON in UTF-8."),
    ("json-too-deep", 400, "The JSON is nested more than 64 levels deep."),
    (
        "json-too-many",
        413,
        "The JSON is built of more than 65,536 objects and arrays, 131,072 members or 524,288 values.",
    ),
    ("json-member-repeated", 400, "A JSON object names the same member twice."),
    ("json-number-range", 400, "A number in the JSON is out of range."),
    (
        "client-unnamed",
        400,
        "The proxy in front must name the address of its client, one and plain, in X-Bartizan-Client.",
    ),
    ("field-unknown", 400, "The request names a field that this API does not have: see param."),
    ("field-missing", 400, "The request lacks a field that it needs: see param."),
    ("field-invalid", 400, "A field of the request has a value that it may not have."),
    ("body-invalid", 422, "The body is not as the service's description has it: see param."),
    ("message-unknown", 400, "The message is none that a client of this protocol sends: see its method."),
    ("message-batch", 400, "The body holds several messages; send one message a request."),
    (
        "session-unknown",
        404,
        "The session, or the event to go on after, was not given to this principal here; begin a new session.",
    ),
    ("form-malformed", 400, "The body is not a well-formed form (application/x-www-form-urlencoded)."),
    ("form-repeated", 400, "The form names the same parameter twice."),
    ("form-unknown", 400, "The form names a parameter that this endpoint does not have."),
    (
        "route-unknown",
        404,
        "There is no such route; services answer below /v1/ (Azure's below /openai/, tools at /mcp) and /SERVICE/.",
    ),
    ("method-not-allowed", 405, "The route does not take this method."),
)
_RATE: Final = (
    ("principal-rate", 429, "This principal has used up its requests; wait as Retry-After says."),
    (
        "principal-busy",
        429,
        "This principal has too much under way at once; wait until some of it has ended.",
    ),
    (
        "address-rate",
        429,
        "Too many unauthenticated requests came from this address; wait as Retry-After says.",
    ),
    ("requests-rate", 429, "The requests that are allowed here are used up; wait as Retry-After says."),
    ("tokens-rate", 429, "The tokens that are allowed here are used up; wait as Retry-After says."),
    ("concurrent-full", 429, "Too many requests are under way at once; wait until one of them has ended."),
    ("budget-spent", 429, "The budget for this is spent; ask its owner, or wait as Retry-After says."),
    (
        "limit-too-small",
        429,
        "This request alone would take more than a limit ever gives; ask for fewer tokens (max_tokens), or send less.",
    ),
)
_RECORD: Final = (
    ("record-unavailable", 503, "The decision could not be written to the ledger, so nothing is forwarded."),
)
_TOOL: Final = (
    (
        "tool-unlisted",
        403,
        "The tool has not been listed here since the gateway's start; list the tools first.",
    ),
    (
        "tool-changed",
        403,
        "The tool says something else of itself than it was pinned with; ask the owner, who can pin it anew.",
    ),
    ("tool-unpinned", 403, "The tool is not pinned, and here every tool must be; ask the owner to pin it."),
    ("approval-needed", 403, "The tool is marked as one that may destroy; ask the owner to approve it."),
)
_OTHER: Final = (
    ("bodies-full", 503, "Too many bodies are being received at once; send the request again."),
    (
        "answers-full",
        503,
        "Too many answers are being held until they are judged; the service may have done what was asked.",
    ),
    ("draining", 503, "The gateway is shutting down; send the request again."),
    (
        "limiter-unavailable",
        503,
        "The server that counts limits does not answer, so nothing is forwarded; send the request again.",
    ),
    ("upstream-unreachable", 502, "The service behind the gateway cannot be reached."),
    ("upstream-malformed", 502, "The service behind the gateway gave an answer of doubtful form."),
    (
        "asking-forbidden",
        502,
        "The service behind the gateway asked its client for something that policies do not allow.",
    ),
    ("upstream-closed", 502, "The service behind the gateway closed the connection without an answer."),
    (
        "upstream-credential",
        502,
        "The service behind the gateway did not accept the gateway's own credential.",
    ),
    (
        "upstream-redirect",
        502,
        "The service behind the gateway answered with a redirect, which is not followed.",
    ),
    ("upstream-failed", 502, "The service behind the gateway failed."),
    ("upstream-unavailable", 503, "The service behind the gateway is not available now."),
    ("upstream-timeout", 504, "The service behind the gateway did not answer in time."),
    ("upstream-busy", 503, "Too many requests wait for the service behind the gateway."),
)


def _table() -> dict[str, Fault]:
    groups = ((INPUT, _INPUT), (RATE, _RATE), (RECORD, _RECORD), (TOOL, _TOOL), ("", _OTHER))
    return {
        reason: Fault(reason, status, what, control)
        for control, rows in groups
        for reason, status, what in rows
    }


FAULTS: Final[Mapping[str, Fault]] = _table()
"""Reason -> the fault of that name."""


class Refusal(Exception):
    """A request is refused; carries what the answer and the record need.

    Attributes:
        reason, status, what, control: as of `Fault`.
        param: field of the request that is at fault, as a path (`messages[0].role`), or empty.
        retry_after: nanoseconds until the same request may be allowed, 0 where waiting does not help.
        allow: methods for an Allow field, or empty.
        limits: `RateLimit` and `RateLimit-Policy` of the answer, each line with its CR LF, or nothing.
        after: instant after which the person must have signed in, UTC nanoseconds; 0 where that is not what is wanted.
    """

    def __init__(
        self,
        fault: Fault,
        *,
        param: str = "",
        what: str = "",
        retry_after: int = 0,
        allow: str = "",
        limits: bytes = b"",
        after: int = 0,
    ) -> None:
        """Refuse for this fault; `what` replaces the fault's own sentence."""
        super().__init__(fault.reason)
        self.reason, self.status, self.control = fault.reason, fault.status, fault.control
        self.what = what or fault.what
        self.param, self.retry_after, self.allow, self.limits = param, retry_after, allow, limits
        self.after = after


def refusal(
    reason: str,
    *,
    param: str = "",
    what: str = "",
    retry_after: int = 0,
    allow: str = "",
    limits: bytes = b"",
) -> Refusal:
    """Return the refusal of that name, to be raised.

    Args:
        reason: a word of `FAULTS`; another is a programming error (KeyError).
        param, what, retry_after, allow, limits: as of `Refusal`.
    """
    return Refusal(
        FAULTS[reason], param=param, what=what, retry_after=retry_after, allow=allow, limits=limits
    )


def rest_of(fault: Refusal) -> int:
    """Return how long nothing is read after a refusal: who asks too much as a stranger slows itself."""
    return fault.retry_after if fault.reason == "address-rate" else 0
