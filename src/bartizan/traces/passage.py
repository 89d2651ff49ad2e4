"""One request's passage through the gateway: what a worker notes of it, and hands on as one line.

Rules of this file: names out of configuration and code, numbers and pseudonyms; never content, a secret, a path, an
address or any other text of a client's. Who writes may be an adversary's: a reader takes what is of this form and
nothing else. A line has no more octets than a pipe takes in one piece, so that lines of several writers do not mix.
"""

import re
from typing import Annotated, Final

import msgspec

LONGEST: Final = 4096
"""Octets of a line, its end included: what a pipe takes as a whole or not at all (pipe(7), PIPE_BUF)."""
MODEL: Final = re.compile(r"\A[ -~]{0,256}\Z")
"""Names of models that can be told; a line with another one would be taken for none of ours."""
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,62}\Z")]
_MaybeWord = Annotated[str, msgspec.Meta(pattern=r"\A([a-z0-9][a-z0-9._-]{0,62})?\Z")]
_Trace = Annotated[str, msgspec.Meta(pattern=r"\A(?!0{32})[0-9a-f]{32}\Z")]
_Span = Annotated[str, msgspec.Meta(pattern=r"\A(?!0{16})[0-9a-f]{16}\Z")]
_MaybeSpan = Annotated[str, msgspec.Meta(pattern=r"\A((?!0{16})[0-9a-f]{16})?\Z")]
_Who = Annotated[str, msgspec.Meta(pattern=r"\Ap-[0-9a-f]{16}\Z")]
_Model = Annotated[str, msgspec.Meta(pattern=MODEL.pattern)]
_Operation = Annotated[str, msgspec.Meta(pattern=r"\A(chat|text_completion|embeddings)?\Z")]
_Method = Annotated[str, msgspec.Meta(pattern=r"\A(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\Z")]
_Minor = Annotated[int, msgspec.Meta(ge=0, le=1)]
_Status = Annotated[int, msgspec.Meta(ge=100, le=999)]
_MaybeStatus = Annotated[int, msgspec.Meta(ge=0, le=999)]


class Passage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is told of one request.

    Attributes:
        trace: that it is part of.
        parent: span that it was asked from, by the client's word; empty where the trace begins here.
        span: its own.
        call: span of the request to the service, which is the parent that the service is told; the digits of the
            request's id.
        who: pseudonym of the principal.
        service, target, route: words of configuration; `target` is empty where it went to none.
        operation: `gen_ai.operation.name`; empty where it is no operation of a model.
        method, minor: of the client's request, HTTP/1.minor.
        model: that was asked for, where configuration names it and it is of the form `MODEL`, else empty.
        stream: whether the answer was to come in pieces.
        status: of the answer to the client; `answered`: of what the service's answer began with, 0 where none did.
        reason: why it ended, a word of the record; `control`: that refused it, or empty.
        started, sent, ended: UTC nanoseconds; `sent` is 0 where it went to no service.
        first: nanoseconds from `started` to the first octets of a stream; 0 where there was none.
        tries: how often it was sent to a service.
        input, output: tokens, by the service's word; 0 where it does not say.
    """

    trace: _Trace
    parent: _MaybeSpan
    span: _Span
    call: _Span
    who: _Who
    service: _Word
    target: _MaybeWord
    route: _Word
    operation: _Operation
    method: _Method
    minor: _Minor
    model: _Model
    stream: bool
    status: _Status
    answered: _MaybeStatus
    reason: _Word
    control: _MaybeWord
    started: _Whole
    sent: _Whole
    ended: _Whole
    first: _Whole
    tries: _Whole
    input: _Whole
    output: _Whole

    @property
    def spans(self) -> int:
        """How many spans it is told as: its own, and one for the service that it was sent to."""
        return 2 if self.sent else 1


_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(Passage).decode


def line(passage: Passage) -> bytes:
    """Return a passage as one line."""
    return _ENCODE(passage) + b"\n"


def passage(octets: bytes) -> Passage | None:
    """Return what a line tells, without its end; None where it is not of this form."""
    try:
        return _DECODE(octets) if len(octets) < LONGEST else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
