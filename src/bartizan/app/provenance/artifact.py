"""Which artifact somebody means: a path, or a digest as others print it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan.artifact.digest import Digests
from bartizan.artifact.errors import Unsignable
from bartizan.artifact.inventory import Request, take
from bartizan.artifact.manifest import Entry
from bartizan.artifact.names import ITSELF
from bartizan.artifact.walk import Facts
from bartizan.supply.attested import digest
from bartizan.supply.bom import Held

_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Read(msgspec.Struct, frozen=True):
    """An artifact that was read.

    Attributes:
        digest: SHA-256 of a file, or of a folder's manifest.
        name: of the file or folder.
        files: digests of the files in a folder; none of a single file.
        rows: facts and digests of every file.
        held: the files in a folder.
    """

    digest: str
    name: str
    files: tuple[str, ...] = ()
    rows: tuple[tuple[Facts, Digests], ...] = ()
    held: tuple[Held, ...] = ()


def digest_in(text: str) -> str:
    """Return the digest that somebody gave, with or without `sha256:` before it; empty where it is none."""
    found = _DIGEST.fullmatch(text)
    return found[1] if found else ""


def read(path: Path, kept: Mapping[Facts, Digests] = {}) -> Read:
    """Return what lies at a path.

    Args:
        path: of the artifact.
        kept: of files that were read before; one that has not changed since is not read again.
    Raises:
        Unsignable: it has parts that no manifest can tell.
        TooLarge, Moving; OSError: something cannot be read.
    """
    found = take(path, Request(kept=kept))
    if found.refused:
        raise Unsignable(found.refused)
    whole = digest(found.manifest)
    held = tuple(
        _held(entry) for entry in found.manifest.entries if entry.kind == "file" and entry.name != ITSELF
    )
    return Read(whole, path.resolve().name, tuple(each.sha256 for each in held), found.rows, held)


def _held(entry: Entry) -> Held:
    return Held(entry.name, entry.sha256, entry.blake3[0] if len(entry.blake3) == 1 else "")
