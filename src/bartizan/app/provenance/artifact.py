"""Which artifact somebody means: a path, or a digest as others print it."""

import re
from pathlib import Path
from typing import Final

import msgspec

from bartizan.artifact.errors import Unsignable
from bartizan.artifact.inventory import Request, take
from bartizan.supply.attested import digest

_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Read(msgspec.Struct, frozen=True):
    """An artifact that was read.

    Attributes:
        digest: SHA-256 of a file, or of a folder's manifest.
        name: of the file or folder.
        files: digests of the files in a folder; none of a single file.
    """

    digest: str
    name: str
    files: tuple[str, ...] = ()


def digest_in(text: str) -> str:
    """Return the digest that somebody gave, with or without `sha256:` before it; empty where it is none."""
    found = _DIGEST.fullmatch(text)
    return found[1] if found else ""


def read(path: Path) -> Read:
    """Return what lies at a path.

    Raises:
        Unsignable: it has parts that no manifest can tell.
        TooLarge, Moving; OSError: something cannot be read.
    """
    found = take(path, Request())
    if found.refused:
        raise Unsignable(found.refused)
    files = tuple(entry.sha256 for entry in found.manifest.entries if entry.kind == "file")
    whole = digest(found.manifest)
    return Read(whole, path.resolve().name, () if files == (whole,) else files)
