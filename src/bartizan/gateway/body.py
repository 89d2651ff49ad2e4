"""Reading a request's body: typed, bounded, and re-encoded.

Rules of this file: what is forwarded is the encoding of what was judged, never the octets that came. A body
that could be read in two ways (a member named twice, at any depth) is refused.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import unquote_plus

import msgspec

from bartizan.gateway.faults import FAULTS, Refusal, refusal
from bartizan.gateway.form import read_form
from bartizan.gateway.judged import NOTHING, Judged
from bartizan.gateway.protocols.shape import choose
from bartizan.gateway.structure import structure_fault
from bartizan.strict_json import MemberRepeated, once

_AT: Final = re.compile(r" - at `\$\.?([^`]*)`\Z")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING: Final = re.compile(r"Object missing required field `([^`]*)`")
_SURROGATE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_HALF: Final = (
    "The body is not well-formed JSON in UTF-8; it holds half of a surrogate pair (\\ud800 to \\udfff), which alone is "
    "no character: leave it out, or send \\ufffd."
)
_PARAM_LENGTH: Final = 128
_ESCAPED_COLON: Final = b"\\u003"
_ENCODE: Final = msgspec.json.Encoder().encode
_COMPACT: Final = re.compile(rb"[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,8192}")
_Request = TypeVar("_Request")
_FORM_NAMES: Final = frozenset(
    {
        "audience",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "assertion",
        "code",
        "code_verifier",
        "device_code",
        "grant_type",
        "logout_token",
        "redirect_uri",
        "refresh_token",
        "requested_token_type",
        "resource",
        "scope",
        "subject_token",
        "subject_token_type",
    }
)


class JsonBody:
    """Reads the JSON body of one kind of request.

    Attributes:
        shape: of the body.
    """

    __slots__ = ("_decode", "_judged", "shape")
    media: Final = b"application/json"

    def __init__(self, shape: type[_Request], judged: Callable[[_Request, bytes], Judged]) -> None:
        """Take bodies of this shape.

        Args:
            shape: of the body.
            judged: (request, its encoding) -> what decisions need of it; may raise `Refusal`.
        """
        self.shape: type = shape
        self._decode = msgspec.json.Decoder(shape, dec_hook=choose).decode
        self._judged: Callable[..., Judged] = judged

    def read(self, body: bytes) -> Judged:
        """Return the body, judged.

        Raises:
            Refusal: it is not JSON, is nested too deep or built of too many parts, names a member twice, or has
                another shape.
        """
        fault = structure_fault(body)
        if fault:
            raise refusal(fault)
        try:
            request = self._decode(body)
            octets = _ENCODE(request)
        except msgspec.ValidationError as wrong:
            raise shape_refusal(str(wrong)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise refusal("json-malformed", what=_HALF if _SURROGATE.search(body) else "") from None
        except OverflowError:
            raise refusal("json-number-range") from None
        if has_repeated_member(body, octets):
            raise refusal("json-member-repeated")
        return self._judged(request, octets)


def has_repeated_member(body: bytes, encoded: bytes) -> bool:
    r"""Return whether some object of a body names a member twice.

    Args:
        body: well-formed JSON, as sent.
        encoded: the encoding of what was decoded from it, with every member that was decoded and no other.

    Decoding keeps one of two members of the same name, and each member has its colon outside strings. A colon
    inside a string is kept as it is, unless it was written \u003a: so the numbers of colons are equal exactly
    where no member was lost. With such an escape about, the members are compared one by one.
    """
    if _ESCAPED_COLON not in body:
        return body.count(b":") != encoded.count(b":")
    try:
        json.loads(body.decode(), object_pairs_hook=once)
    except MemberRepeated:
        return True
    return False


def shape_refusal(message: str) -> Refusal:
    """Return the refusal of a body for what msgspec says is wrong with its shape; it names the place."""
    said, path = _place(message)
    for reason, form in (("field-unknown", _UNKNOWN), ("field-missing", _MISSING)):
        named = form.fullmatch(said)
        if named:
            param = f"{path}.{named[1]}" if path else named[1]
            return refusal(reason, param=param[:_PARAM_LENGTH])
    if said == "Number out of range":
        return refusal("json-number-range", param=path[:_PARAM_LENGTH])
    # Messages that begin so speak of types and bounds alone; others quote the value.
    what = f"{FAULTS['field-invalid'].what[:-1]}: {said}." if said.startswith("Expected ") else ""
    return refusal("field-invalid", param=path[:_PARAM_LENGTH], what=what)


def _place(message: str) -> tuple[str, str]:
    """Return what msgspec says without the place, and the place; a `Choice` names its own, innermost first."""
    path = ""
    while (at := _AT.search(message)) is not None:
        path = f"{path}{'.' if path and at[1][:1] not in ('', '[') else ''}{at[1]}"
        message = message[: at.start()]
    return message, path


class FormBody:
    """Reads a form of one of the platform's own endpoints."""

    __slots__ = ("_names",)
    media: Final = b"application/x-www-form-urlencoded"

    def __init__(self, names: frozenset[str] = _FORM_NAMES) -> None:
        """Take forms that name these parameters and no others; by default those of the token endpoint."""
        self._names = names

    def read(self, body: bytes) -> Judged:
        """Return the form, re-encoded from its pairs.

        Raises:
            Refusal: it is malformed, repeats a parameter (RFC 6749 3.2) or names one that is not known.
        """
        pairs, octets = read_form(body, self._names)
        return Judged(octets, client=dict(pairs).get("client_id", ""))


class TokenBody:
    """Reads a body that is one signed token in compact form, of a media type of its own."""

    __slots__ = ("media",)

    def __init__(self, media: bytes) -> None:
        """Take bodies of this media type."""
        self.media = media

    def read(self, body: bytes) -> Judged:
        """Return the token; what it says is for whom it goes to.

        Raises:
            Refusal: it is none.
        """
        if _COMPACT.fullmatch(body) is None:
            raise refusal("form-malformed")
        return Judged(body)


def client_of_basic(value: bytes) -> str:
    """Return the client id in an Authorization field of scheme Basic, or nothing.

    Source: RFC 6749 2.3.1.
    """
    try:
        plain = base64.b64decode(value.partition(b" ")[2], validate=True).decode()
    except ValueError:
        return ""
    return unquote_plus(plain.partition(":")[0])


class NoBody:
    """Stands for routes that take no body."""

    __slots__ = ("_judged",)
    media: Final = b""

    def __init__(self, model: str = "", *, stream: bool = False) -> None:
        """Take what the target alone asks for: a model, or an answer as a stream."""
        self._judged = Judged(b"", model, stream) if model or stream else NOTHING

    def read(self, body: bytes) -> Judged:
        """Return what the target asks for; there is nothing to read."""
        if body:
            raise refusal("body-unexpected")
        return self._judged
