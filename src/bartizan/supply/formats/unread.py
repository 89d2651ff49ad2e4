"""Archives and compressed files that are known by their magic and not read here: none of them is proven to be anything."""

from typing import Final

from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Reason, Standing

_MAGIC: Final = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xff\x06\x00\x00sNaPpY": "snappy",
    b"MSCF\0\0\0\0": "cab",
    b"!<arch>\n": "ar",
    b"070701": "cpio",
    b"070702": "cpio",
    b"070707": "cpio",
    b"xar!": "xar",
    b"hsqs": "squashfs",
}


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one of them."""
    return bool(_name(octets))


def _name(octets: Octets) -> str:
    return next((name for magic, name in _MAGIC.items() if octets.begins(magic)), "")


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return that nothing is known of it."""
    del budget, look
    name = _name(octets)
    what = f"it is an archive of the kind {name}, which is not read here; expand it and scan what comes out"
    return Read((Reason("archive-not-read", what, Standing.UNKNOWN),), name)


FORMAT = Format("archive", knows, read, order=84)
