"""Names within an artifact: relative, of parts joined by `/`, the same on every system that can hold them.

Rules of this file: a name that could be read in two ways is refused, never mended: another normal form, characters that do not
print, a part that means another folder. Whoever loads the file sees the name that was signed.
"""

import unicodedata
from typing import Final

LONGEST: Final = 1024
"""Octets of a name in UTF-8."""
LONGEST_PART: Final = 255
"""Octets of one part of it. Source: NAME_MAX of Linux's file systems."""
DEEPEST: Final = 64
"""Parts of a name."""
ITSELF: Final = "."
"""Name of the one entry of an artifact that is a single file."""


def fault(name: str) -> str:
    """Return what is wrong with a name, in words that follow it; empty where nothing is.

    Args:
        name: relative to the artifact's root, without `./` before it.
    """
    try:
        octets = name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8: rename it"
    parts = name.split("/")
    if len(octets) > LONGEST or len(parts) > DEEPEST:
        return f"is longer than {LONGEST} octets, or lies deeper than {DEEPEST} folders"
    if not name.isprintable() or "\\" in name:
        return "has characters that do not print, or a backslash: rename it"
    if not unicodedata.is_normalized("NFC", name):
        return "is not in Unicode's normal form C, so that another name looks the same: rename it"
    if any(part in {"", ".", ".."} or len(part.encode()) > LONGEST_PART for part in parts):
        return "is not a relative path of parts of 1 to 255 octets"
    return ""


def below(name: str, folder: str) -> bool:
    """Return whether a name is that of a folder, or of something in it."""
    return name == folder or name.startswith(f"{folder}/")
