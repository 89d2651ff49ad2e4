"""Extra fields of ZIP headers: a closed list, none of which changes a name or what is stored.

Source: PKWARE APPNOTE 6.3.10, sections 4.5 and 4.6; Info-ZIP's extra field descriptions; PyTorch's caffe2/serialize.
"""

import struct
from collections.abc import Mapping
from typing import Final

from bartizan.supply.format import Damaged

_ZIP64: Final = 1
_HEAD: Final = 4
_HARMLESS: Final = frozenset(
    {
        0x000A,  # NTFS times
        0x5455,  # Unix times
        0x5855,  # Unix times and owner, old
        0x7855,  # Unix owner, old
        0x7875,  # Unix owner
        0x4246,  # PyTorch's padding, "FB"
        0xCAFE,  # marks a Java archive
        0xD935,  # Android's alignment
    }
)
"""Kinds that a loader of models passes over; 0x7075 is not among them, for it gives the member another name."""


def zip64(extra: bytes, full: Mapping[str, int], plain: Mapping[str, int], offset: int) -> dict[str, int]:
    """Return fields of a header with those that were full widened by the extra field of zip64.

    Args:
        extra: all extra fields of the header.
        full: fields that say that the extra field holds them, in order: each is there, and no others.
        plain: all fields as the header has them.
        offset: of the header, for errors.
    Raises:
        Damaged: `zip-extra`.
    """
    wide = _only(extra, offset)
    if len(wide) != 8 * len(full) and (full or len(wide) not in _SPARE):
        raise _damaged("its sizes are not where zip64 has them", offset)
    values = struct.unpack(f"<{len(wide) // 8}Q", wide)
    if full:
        return {**plain, **dict(zip(full, values, strict=True))}
    if values and values != tuple(plain[key] for key in ("size", "compressed")):
        raise _damaged("its sizes differ from those that zip64 gives", offset)
    return dict(plain)


_SPARE: Final = frozenset({0, 16})
"""Octets of a zip64 field where no field is full: none, or both sizes once more, as Python's zipfile writes them."""


def _only(extra: bytes, offset: int) -> bytes:
    """Return the contents of the zip64 field, empty where there is none, once every other field is a harmless one."""
    wide, seen, at = b"", set(), 0
    while at < len(extra):
        if len(extra) - at < _HEAD:
            raise _damaged("an extra field is cut off", offset)
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind in seen or at + 4 + length > len(extra):
            raise _damaged("an extra field is there twice, or cut off", offset)
        if kind == _ZIP64:
            wide = extra[at + 4 : at + 4 + length]
            if len(wide) % 8:
                raise _damaged("its field of zip64 is no row of numbers", offset)
        elif kind not in _HARMLESS:
            raise _damaged(
                f"it has an extra field of kind {kind:#06x}, which is not known to be harmless", offset
            )
        seen.add(kind)
        at += 4 + length
    return wide


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged(
        "zip-extra", f"a header of the archive is not to be understood: {what}; make the archive anew", offset
    )
