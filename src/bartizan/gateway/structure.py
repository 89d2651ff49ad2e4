"""How a JSON body is built, counted before it is decoded: a small body can be slow to decode and large in memory.

Rules of this file: time linear in the octets, whatever they are. What is counted is right for well-formed JSON
and for the well-formed beginning of anything else, which is as far as decoding gets.
"""

import re
from typing import Final

from bartizan.gateway.bounds import CONTAINERS, DEPTH, MEMBERS, VALUES

_STRING: Final = re.compile(rb'"[^"]*"?')
_NOT_SKELETON: Final = bytes(set(range(256)) - set(b'{}[]:,"'))
_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")


def structure_fault(body: bytes) -> str:
    """Return the word for a body that is nested too deep or built of too many parts, or nothing."""
    if (
        body.count(b"{") + body.count(b"[") <= DEPTH
        and body.count(b":") <= MEMBERS
        and body.count(b",") <= VALUES
    ):
        return ""  # nearly every body, at the price of four counts
    bare = _skeleton(body)
    opened, closed = bare.count(b"["), bare.count(b"]")
    if max(opened, closed) > CONTAINERS or bare.count(b":") > MEMBERS or bare.count(b",") > VALUES:
        return "json-too-many"
    return "json-too-deep" if opened > DEPTH and _is_deeper(bare.translate(None, b":,"), DEPTH) else ""


def _skeleton(body: bytes) -> bytes:
    """Return the colons, commas and brackets outside strings, every bracket as a square one."""
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return _STRING.sub(b"", plain.translate(_BRACKETS, _NOT_SKELETON))


def _is_deeper(brackets: bytes, levels: int) -> bool:
    """Each pass takes away the innermost level."""
    for _ in range(levels):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True
