"""How many tokens an answer says it cost.

Rules of this file: an upstream's word, taken as numbers or not at all; it goes into the record and settles limits of
tokens and money, nothing else is decided by it. It stands near the end of an answer, whole or streamed, and inside a
JSON string its name could not stand between two bare quotes: so the end is all that is kept and looked at. What
stands only at the beginning of a stream, `events.py` keeps.
"""

import re
from typing import Final

import msgspec

from bartizan.gateway.bounds import USAGE_OCTETS
from bartizan.gateway.tokens import MOST, UNSAID, Usage, Wider

_OBJECT: Final = re.compile(rb'"usage"\s*+:\s*+(\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\})')
_DECODE: Final = msgspec.json.Decoder(Usage).decode
_DECODE_WIDER: Final = msgspec.json.Decoder(Wider).decode


def tail(kept: bytes, piece: bytes) -> bytes:
    """Return the end of an answer after its next octets, at most twice `USAGE_OCTETS` long.

    Args:
        kept: the end so far.
        piece: the next octets.
    """
    kept = kept + piece if kept else piece
    return kept if len(kept) <= 2 * USAGE_OCTETS else kept[-USAGE_OCTETS:]


def usage(kept: bytes) -> Usage:
    """Return the last usage that the end of an answer names, zeros where it names none."""
    at = kept.rfind(b'"usage"')
    while at >= 0:
        found = _OBJECT.match(kept, at)
        if found is not None:
            return _read(found[1])
        at = kept.rfind(b'"usage"', 0, at)
    return UNSAID


def _read(text: bytes) -> Usage:
    try:
        said = _DECODE(text)
        if said != UNSAID:
            return said
        wider = _DECODE_WIDER(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return UNSAID
    cached = (wider.cache_creation_input_tokens or 0) + (wider.cache_read_input_tokens or 0)
    return Usage(min((wider.input_tokens or 0) + cached, MOST), wider.output_tokens or 0)
