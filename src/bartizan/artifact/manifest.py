"""The manifest: every file, folder and symbolic link of an artifact, and the digests of the files.

Rules of this file: one manifest has one form in octets (JSON, members sorted, no white space; RFC 8785 for the values that occur
here), and only that form is taken. What lies in an artifact and not in its manifest is told by name (`outside`). A link is
told as a link, and points to what the manifest tells. A file's BLAKE3 is that of each of its shards.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from bartizan.artifact import names
from bartizan.artifact.errors import Malformed
from bartizan.printable import printable
from bartizan.typed_json import decoded, known

Kind = Literal["file", "folder", "link"]
Algorithm = Literal["blake3", "sha256"]

SHARD: Final = 256 << 20
"""Octets that share one BLAKE3 digest."""
MOST: Final = 200_000
"""Entries of a manifest."""
LONGEST_FILE: Final = 1 << 50
"""Octets of a file."""
_MOST_LINKS: Final = 40
"""Links that are followed from one another. Source: path_resolution(7)."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing in an artifact.

    Attributes:
        name: relative to its root; `.` of an artifact that is a single file.
        kind: what it is.
        octets: size of a file.
        sha256: of a file, 64 hexadecimal digits; empty where that is not among the manifest's digests.
        blake3: of a file's shards in order, one for an empty file; none where it is not among the digests.
        target: of a link, as it stands.
    """

    name: str
    kind: Kind
    octets: int = 0
    sha256: str = ""
    blake3: tuple[str, ...] = ()
    target: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An artifact, told whole.

    Attributes:
        digests: which each file has, sorted.
        entries: sorted by the octets of their names.
        outside: names of what lies in it and is not told, sorted: its own signatures.
        shard: octets of a shard.
    """

    digests: tuple[Algorithm, ...]
    entries: tuple[Entry, ...]
    outside: tuple[str, ...] = ()
    shard: int = SHARD

    @property
    def octets(self) -> int:
        """Size of all files."""
        return sum(entry.octets for entry in self.entries)


known(Manifest)  # before any thread


def encoded(manifest: Manifest) -> bytes:
    """Return the one form of a manifest in octets."""
    return msgspec.json.encode(manifest, order="sorted")


def parsed(octets: bytes | memoryview) -> Manifest:
    """Return the manifest that octets are.

    Raises:
        Malformed: they are none, or not in its one form.
    """
    try:
        found = decoded(bytes(octets), Manifest)
    except (ValueError, RecursionError):
        raise Malformed("this is not a manifest") from None
    if encoded(found) != octets:
        raise Malformed("the manifest is not in its one form: members repeated, unsorted, or spaced")
    for what in faults(found):
        raise Malformed(f"the manifest is not valid: {what}")
    return found


def faults(manifest: Manifest) -> Iterator[str]:
    """Yield what makes a manifest none."""
    if not manifest.digests or list(manifest.digests) != sorted(set(manifest.digests)):
        yield "its digests are not sorted, or there are none"
    if len(manifest.entries) > MOST or not 1 << 20 <= manifest.shard <= 1 << 40:
        yield f"it has more than {MOST} entries, or a shard out of bounds"
        return
    yield from _name_faults(manifest)
    for entry in manifest.entries:
        if not _is_whole(entry, manifest):
            yield f"{printable(entry.name)[:120]} has not what a {entry.kind} has"
    yield from (f"{printable(name)} {why}" for name, why in stray_links(manifest.entries))


def _name_faults(manifest: Manifest) -> Iterator[str]:
    for told in ([entry.name for entry in manifest.entries], manifest.outside):
        keys = [name.encode("utf-8", "surrogatepass") for name in told]
        if any(one >= other for one, other in itertools.pairwise(keys)):
            yield "names are not sorted, or stand twice"
    if _is_single(manifest.entries):
        return
    folders = {entry.name for entry in manifest.entries if entry.kind == "folder"}
    outside = set(manifest.outside)
    for entry in manifest.entries:
        why = names.fault(entry.name) or _misplaced(entry.name, folders, outside)
        if why:
            yield f"{printable(entry.name)[:120]} {why}"
    yield from (f"{printable(name)[:120]} {why}" for name in manifest.outside if (why := names.fault(name)))


def _misplaced(name: str, folders: set[str], outside: set[str]) -> str:
    parent = name.rpartition("/")[0]
    if parent and parent not in folders:
        return "lies in no folder of the manifest"
    return "is said to be outside too" if name in outside else ""


def _is_single(entries: Sequence[Entry]) -> bool:
    return len(entries) == 1 and entries[0].name == names.ITSELF and entries[0].kind == "file"


def shards(octets: int, shard: int) -> int:
    """Return how many shards a file of this size has; an empty one has one."""
    return max(1, -(-octets // shard))


def _is_whole(entry: Entry, manifest: Manifest) -> bool:
    if entry.kind != "file":
        bare = not (entry.octets or entry.sha256 or entry.blake3)
        return bare and bool(entry.target) == (entry.kind == "link")
    wanted = shards(entry.octets, manifest.shard) if "blake3" in manifest.digests else 0
    return (
        0 <= entry.octets <= LONGEST_FILE
        and not entry.target
        and len(entry.blake3) == wanted
        and all(map(_HEX.fullmatch, entry.blake3))
        and ((_HEX.fullmatch(entry.sha256) is not None) if "sha256" in manifest.digests else not entry.sha256)
    )


# ---- links --------------------------------------------------------------------------------------------------
def stray_links(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Yield each link that points to nothing that the manifest tells, and why; a link's content would not be signed."""
    links = [entry for entry in entries if entry.kind == "link"]
    if not links:
        return
    by_name = {entry.name: entry for entry in entries}
    for link in links:
        budget = [_MOST_LINKS]
        if _followed(link, by_name, budget) is None:
            why = "is a symbolic link that points to nothing within: what it points to would not be signed"
            yield link.name, why


def _followed(link: Entry, by_name: Mapping[str, Entry], budget: list[int]) -> str | None:
    """Return the name of what a link ends at, empty for the root; None where it leaves what is told."""
    budget[0] -= 1
    if budget[0] < 0 or link.target.startswith("/") or "\0" in link.target:
        return None
    here = link.name.rpartition("/")[0]
    for part in link.target.split("/"):
        step = _stepped(here, part, by_name, budget)
        if step is None:
            return None
        here = step
    return here


def _stepped(here: str, part: str, by_name: Mapping[str, Entry], budget: list[int]) -> str | None:
    if part in {"", "."}:
        return here
    if here and by_name[here].kind != "folder":
        return None
    if part == "..":
        return here.rpartition("/")[0] if here else None
    name = f"{here}/{part}" if here else part
    entry = by_name.get(name)
    if entry is None:
        return None
    return _followed(entry, by_name, budget) if entry.kind == "link" else name
