"""Values that stand in a target or a header field: decoded once, by their type, and written anew.

Rules of this file: an escape is decoded once. What a segment of a path may not hold after that (a slash, a backslash, a
question mark, a number sign, a dot-segment, be it with parameters of its own (`..;x`), another escape) is refused,
because a service that decodes again, or makes a URL of it, would go elsewhere; so are control characters and what is not
UTF-8, anywhere. Numbers keep their digits.
"""

import re
from decimal import Decimal
from typing import Final
from urllib.parse import quote, unquote_to_bytes

Simple = str | int | Decimal | bool
LONGEST: Final = 128
"""Characters of a number."""
LARGEST_EXPONENT: Final = 400
_ESCAPED: Final = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OUTSIDE: Final = re.compile(r"[/\\?#]|%[0-9A-Fa-f]{2}|\A\.{1,2}(?:;|\Z)|\A\Z")
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,99})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_TRUTH: Final = {"true": True, "false": False}
KINDS: Final = frozenset({"string", "integer", "number", "boolean"})
"""Types that stand as one value."""


def decoded(octets: bytes, *, segment: bool) -> str | None:
    """Return the text of a part of a target, or None where it may not stand.

    Args:
        octets: as sent.
        segment: whether it is a segment of a path; elsewhere a plus is a space.
    """
    if _ESCAPED.fullmatch(octets) is None:
        return None
    try:
        text = unquote_to_bytes(octets if segment else octets.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text) or (segment and _OUTSIDE.search(text)):
        return None
    return text


def encoded(text: str) -> bytes:
    """Return a text as part of a target: everything but unreserved characters is escaped."""
    return quote(text, safe="").encode()


def number(text: str) -> int | Decimal | None:
    """Return the number of a text in JSON's form, every digit kept; None where it has none or is beyond the bounds."""
    if len(text) > LONGEST or _NUMBER.fullmatch(text) is None:
        return None
    if _WHOLE.fullmatch(text) and text != "-0":
        return int(text)
    found = Decimal(text)
    return found if abs(found.adjusted()) <= LARGEST_EXPONENT else None


def typed(text: str, kind: str) -> Simple | None:
    """Return the value that a text stands for, or None where it stands for none of that kind (`KINDS`)."""
    match kind:
        case "string":
            return text
        case "integer":
            return int(text) if _WHOLE.fullmatch(text) and text != "-0" else None
        case "number":
            return number(text)
        case _:
            return _TRUTH.get(text)


def untyped(value: Simple) -> str:
    """Return the text that stands for a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
