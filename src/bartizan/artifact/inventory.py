"""An artifact on disk, told as a manifest.

Rules of this file: what a manifest cannot tell (a device, a name of two readings, a link that leads outside) is told beside it, by name:
whoever signs refuses, whoever verifies reports it. Nothing is left out in silence.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

import msgspec

from bartizan.artifact import names
from bartizan.artifact.digest import Digests, Wanted, digests
from bartizan.artifact.manifest import SHARD, Algorithm, Entry, Manifest, shards, stray_links
from bartizan.artifact.walk import Facts, Seen, facts, judged, rooted, walk

BOTH: Final[tuple[Algorithm, ...]] = ("blake3", "sha256")


class Inventory(msgspec.Struct, frozen=True):
    """What lies there.

    Attributes:
        manifest: what can be told in one.
        refused: names and what is wrong with the rest.
        passed: names of what is there and was passed over, as asked.
        rows: facts and digests of every file, those that were known before included.
        hashed: files that were read.
    """

    manifest: Manifest
    refused: tuple[tuple[str, str], ...]
    passed: tuple[str, ...]
    rows: tuple[tuple[Facts, Digests], ...]
    hashed: int


class Request(msgspec.Struct, frozen=True):
    """How to tell it.

    Attributes:
        algorithms: which digests, sorted.
        outside: names of files that are passed over, which the manifest names.
        passing: names of files and folders that are passed over whatever they hold, which the manifest does not tell.
        shard: octets of a shard.
        kept: digests that are known already.
    """

    algorithms: tuple[Algorithm, ...] = BOTH
    outside: AbstractSet[str] = frozenset()
    passing: tuple[str, ...] = ()
    shard: int = SHARD
    kept: Mapping[Facts, Digests] = {}


def take(path: Path, request: Request) -> Inventory:
    """Return what lies at a path: a folder with everything in it, or a single file.

    Args:
        path: of the artifact.
        request: how to tell it.
    Raises:
        TooLarge, Moving; OSError: something cannot be read.
    """
    with rooted(path) as root:
        single = not path.is_dir()
        found = [_single(root, path.name)] if single else walk(root)
        seen = [each for each in found if not _is_passed(each, request)]
        files = [each for each in seen if each.kind == "file"]
        known = {each.name: told for each in files if (told := _known(request, each.facts)) is not None}
        unknown = [Wanted(each.name, each.facts) for each in files if each.name not in known]
        fresh = digests(root, unknown, request.algorithms, request.shard)
    known |= {file.name: told for file, told in zip(unknown, fresh, strict=True)}
    entries = [_entry(each, known, names.ITSELF if single else each.name) for each in seen if each.kind]
    entries.sort(key=lambda entry: entry.name.encode())
    passed = sorted(each.name for each in found if each.kind != "folder" and _is_passed(each, request))
    return Inventory(
        Manifest(request.algorithms, tuple(entries), tuple(sorted(request.outside)), request.shard),
        tuple(sorted([*((each.name, each.refused) for each in seen if each.refused), *stray_links(entries)])),
        tuple(passed),
        tuple((each.facts, known[each.name]) for each in files),
        len(unknown),
    )


def _is_passed(seen: Seen, request: Request) -> bool:
    if seen.name in request.outside and seen.kind == "file":
        return True
    return any(names.below(seen.name, folder) for folder in request.passing)


def _known(request: Request, of: Facts) -> Digests | None:
    found = request.kept.get(of)
    if found is None:
        return None
    has = {"sha256": bool(found.sha256), "blake3": len(found.blake3) == shards(of.octets, request.shard)}
    if not all(has[each] for each in request.algorithms):
        return None
    return Digests(
        found.sha256 if "sha256" in request.algorithms else "",
        found.blake3 if "blake3" in request.algorithms else (),
    )


def _single(root: int, name: str) -> Seen:
    found = os.stat(name, dir_fd=root, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        return Seen(name, "", facts(found), refused="is a symbolic link: name the file that it points to")
    return judged(name, "file" if stat.S_ISREG(found.st_mode) else None, facts(found))


def _entry(seen: Seen, known: Mapping[str, Digests], name: str) -> Entry:
    if seen.kind == "file":
        told = known[seen.name]
        return Entry(name, "file", seen.facts.octets, told.sha256, told.blake3)
    return Entry(name, "folder") if seen.kind == "folder" else Entry(name, "link", target=seen.target)


def within(path: Path, files: Sequence[Path]) -> frozenset[str]:
    """Return the names, in the artifact at a path, of those files that lie in it."""
    root = path.resolve()
    places = [file.parent.resolve() / file.name for file in files]
    return frozenset(str(place.relative_to(root)) for place in places if place.is_relative_to(root))
