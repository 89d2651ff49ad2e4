"""Expanding raw deflate, bounded by what was promised and by the budget.

Source: RFC 1951; zlib's limit of expansion is 1032 to one (zlib.net/zlib_tech.html).
"""

import zlib
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget

_PIECE: Final = 1 << 16
_MOST: Final = 1032
_SLACK: Final = 64


def inflated(compressed: memoryview, size: int, budget: Budget) -> bytearray:
    """Return what a raw deflate stream expands to, where it is exactly so long and the stream ends with its last octet.

    Args:
        compressed: the whole stream.
        size: octets that it is to expand to.
        budget: of the file; `size` is counted before anything is expanded.
    Raises:
        Damaged: `deflate-damaged`.
        Exhausted: the budget does not reach.
    """
    if size > len(compressed) * _MOST + _SLACK:
        raise Damaged("deflate-damaged", "it says that it expands to more than deflate can hold")
    budget.expand(size)
    out = bytearray(size)
    view = memoryview(out)
    stream, filled = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        for start in range(0, len(compressed), _PIECE):
            filled = _fed(stream, compressed[start : start + _PIECE], view, filled)
    except zlib.error:
        raise Damaged("deflate-damaged", "what is compressed in it is damaged; get it anew") from None
    finally:
        view.release()
    if filled != size or not stream.eof or stream.unused_data:
        raise Damaged("deflate-damaged", "it expands to another size than it says, or octets are left over")
    return out


def _fed(stream: "zlib._Decompress", piece: memoryview, view: memoryview, filled: int) -> int:
    """Feed one piece and write what comes out; return how far it is filled."""
    fed: bytes | memoryview = piece
    if stream.eof:
        raise Damaged("deflate-damaged", "octets follow the end of what is compressed")
    while True:
        room = len(view) - filled
        limit = min(room, _PIECE) + 1
        got = stream.decompress(fed, limit)
        if len(got) > room:
            raise Damaged("deflate-damaged", "it expands to more than it says")
        view[filled : filled + len(got)] = got
        filled += len(got)
        fed = stream.unconsumed_tail
        if not fed and len(got) < limit:
            return filled
