"""One model behind the OpenAI API: a conversation in, an answer out, or what kept it from coming.

Rules of this file: no text of a request or an answer stands in an error. What is worth asking again is told apart from what
concerns one request alone, and from what concerns every request.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec

from bartizan.crypto.secret import Reticent
from bartizan.egress.faults import (
    AddressRefused,
    CertificateRefused,
    EgressFault,
    HandshakeRefused,
    NameUnknown,
    ResponseTooLarge,
)
from bartizan.egress.http import Response
from bartizan.threats.evaluation.attack import Message
from bartizan.threats.profile import DETECTORS
from bartizan.typed_json import decoded

LARGEST: Final = 4 << 20
"""Octets of an answer."""
LONGEST: Final = 65_536
"""Characters of an answer that are kept."""
TOKENS: Final = 512
"""Tokens that an answer may have, as in HarmBench."""
_OK: Final = 200
_FOR_ALL: Final = frozenset({401, 402, 403, 404, 405, 407, 421})
_FOR_GOOD: Final = (AddressRefused, NameUnknown, CertificateRefused, HandshakeRefused)
_LATER: Final = frozenset({408, 409, 425, 429})
_SERVER: Final = 500
_FILTERED: Final = frozenset(
    {"content_filter", "content_policy_violation", "not-inspected", "media-not-inspected", *DETECTORS}
)
"""Words of a refusal by what looks at requests before the model: providers', and the guard's."""
_LONGEST_PAUSE: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,60}")

Send = Callable[[bytes], Response]
"""Body of a chat completion -> the whole response. Raises EgressFault."""


class ChatFault(Exception):
    """Root of what keeps an answer from coming."""


class Later(ChatFault):
    """It may come if it is asked for again; `seconds` is how long the endpoint wants us to wait, or 0."""

    def __init__(self, why: str, seconds: int = 0) -> None:
        """Carry both."""
        super().__init__(why)
        self.why, self.seconds = why, seconds


class Unanswerable(ChatFault):
    """This request gets no answer, others may."""

    def __init__(self, why: str) -> None:
        """Say why, in a few words."""
        super().__init__(why)
        self.why = why


class EndpointRefuses(ChatFault):
    """No request gets an answer: the key, the address or the model is wrong."""

    def __init__(self, status: int, word: str) -> None:
        """Name the status, and the endpoint's word for it where it has one of a plain form."""
        said = f" ({word})" if word else ""
        super().__init__(
            f"the endpoint refuses every request with {status}{said}: check its address, the key and --model"
        )
        self.status, self.word = status, word


class Reply(Reticent, frozen=True):
    """What came back.

    Attributes:
        text: the answer; at most `LONGEST` characters.
        filtered: whether something before the model refused or withheld it.
    """

    text: str
    filtered: bool = False


class _Said(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Said = _Said()
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: Annotated[tuple[_Choice, ...], msgspec.Meta(min_length=1)]


class _Error(msgspec.Struct, frozen=True):
    code: str | int | None = None
    type: str | None = None


class _Refused(msgspec.Struct, frozen=True):
    error: _Error | str | None = None
    type: str = ""


class Chat(msgspec.Struct, frozen=True):
    """A model at an endpoint.

    Attributes:
        send: sends the body of a request.
        model: as the endpoint names it.
        tokens: that an answer may have.
    """

    send: Send
    model: str
    tokens: int = TOKENS

    def ask(self, messages: Sequence[Message]) -> Reply:
        """Return the model's answer to a conversation, drawn at temperature 0.

        Raises:
            Later, Unanswerable, EndpointRefuses.
            AddressRefused, NameUnknown, CertificateRefused, HandshakeRefused: nobody can be asked there.
        """
        said = [{"role": each.role, "content": each.content} for each in messages]
        body = {"model": self.model, "messages": said, "max_tokens": self.tokens, "temperature": 0}
        try:
            response = self.send(msgspec.json.encode(body))
        except _FOR_GOOD:
            raise
        except ResponseTooLarge as fault:
            raise Unanswerable("the answer is too large") from fault
        except EgressFault as fault:
            raise Later(str(fault)) from fault
        return _reply(response)


def _reply(response: Response) -> Reply:
    if response.status == _OK:
        return _answered(response.body)
    word = _word(response.body)
    if word in _FILTERED:
        return Reply("", filtered=True)
    if response.status in _FOR_ALL:
        raise EndpointRefuses(response.status, word)
    if response.status in _LATER or response.status >= _SERVER:
        raise Later(f"status {response.status}", _pause(response))
    raise Unanswerable(f"status {response.status}")


def _answered(body: bytes) -> Reply:
    try:
        choice = decoded(body, _Completion).choices[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unanswerable("what came back is no chat completion") from None
    text = choice.message.content or choice.message.refusal or ""
    return Reply(text[:LONGEST], filtered=choice.finish_reason == "content_filter")


def _word(body: bytes) -> str:
    """Return the word for an error, in OpenAI's shape or of a problem document; empty where it is not of a plain form."""
    try:
        told = decoded(body, _Refused)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    error = told.error
    words = (str(error.code or ""), error.type or "") if isinstance(error, _Error) else (error or "",)
    found = next(filter(None, words), told.type.rpartition(":")[2])
    return found if _PLAIN.fullmatch(found) else ""


def _pause(response: Response) -> int:
    said = response.header("retry-after")
    return min(int(said), _LONGEST_PAUSE) if said.isdecimal() and said.isascii() else 0
