"""Verifies an exported ledger, or the proof of one entry, with nothing but Python and its `cryptography` package.

    python verify_ledger.py FOLDER --keys KEYS.pub                     what `bartizan ledger export` wrote
    python verify_ledger.py ENTRY.tlog-proof --keys KEYS.pub           what `bartizan ledger prove` wrote
      --checkpoint FILE      a checkpoint that you kept: nothing that it covers was rewritten since
      --witness FILE         public keys of a witness that you know; may be given again
      --quorum N             how many of them must have cosigned; by default all

Ends with 0 where nothing is wrong, 1 where something is or too few witnesses have cosigned, 2 where it was called wrongly, 3 where it could not look.

Rules of this file: it stands alone. It shares no code with the software that wrote the ledger, so that a mistake there
is not repeated here, and it is short enough to be read before it is believed. Formats: RFC 6962 (tree), C2SP
signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof (files); `docs/ledger.md` (entries).
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

WIDTH, SPAN, HASH, TEXT_LINES = 256, 65_536, 32, 3
MOST_NOTE, MOST_BUNDLE, MOST_PROOF, MOST_SHOWN = 65_536, WIDTH * (2 + 65_535), 98_304, 20
ORIGIN = struct.Struct(">QQ")
MEMBERS = ["actor", "at", "control", "detail", "kind", "outcome", "subject"]
PRUNED, ALTERED = "ledger.entries.pruned", "ledger.segment.altered"
OWN_SEGMENT = 0  # the sealer's: what a writer gone bad says in its words does not count
OWN, OTHERS = (b"\x01", b"\x06"), (b"\x04", b"\x06")  # the keys of a ledger, and those of a witness
PLAIN, STAMPED, SUBTREE = 1, 4, 6
"""Types of signatures: of a note, of a witness over a note, of either over a tree (ML-DSA-44)."""
SIGNED_ONLY = "signed only: the owner of the ledger, or whoever takes its key, can rewrite it and sign anew"
WITNESSED = "witnessed: {}"
UNMET = "NOT WITNESSED: too few of the witnesses that were named have cosigned it"


class Unusable(Exception):
    """What was given cannot be read as what it should be; nothing is said of the ledger."""


class Key(NamedTuple):
    """A public key: the name of its holder, its id, its type and its octets."""

    name: str
    id: bytes
    type: int
    raw: bytes


class Tree(NamedTuple):
    """What a checkpoint says, and who signed it: (name, key id, octets)."""

    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes, bytes]]


# ---- signed notes ------------------------------------------------------------------------------------------
def ledger_keys(path: Path) -> list[Key]:
    """Return the two keys of a ledger, both of which must have signed."""
    keys = keys_of(path, OWN)
    if [key.type for key in keys] != [PLAIN, SUBTREE]:
        raise Unusable(f"{path} does not hold the two public keys of a ledger")
    return keys


def keys_of(path: Path, kinds: tuple[bytes, ...]) -> list[Key]:
    """Return the keys of a file, one a line: name+id+base64."""
    keys = []
    for line in small(path, MOST_NOTE).decode("ascii", "replace").splitlines():
        name, _, rest = line.strip().partition("+")
        number, _, encoded = rest.partition("+")
        octets = base64_of(encoded)
        key_id = hashlib.sha256(name.encode() + b"\n" + octets).digest()[:4]
        if not re.fullmatch(r"[!-~]+", name) or key_id.hex() != number or octets[:1] not in kinds:
            raise Unusable(f"{path} does not hold the public keys that it should, one a line")
        keys.append(Key(name, key_id, octets[0], octets[1:]))
    if not keys or len({key.name for key in keys}) > 1:
        raise Unusable(f"{path} does not hold the public keys of one name")
    return keys


def tree_of(note: bytes) -> Tree:
    """Return what a signed checkpoint says; nothing of it is checked yet."""
    head, border, tail = note.rpartition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if (
        not border
        or not tail.endswith(b"\n")
        or len(lines) != TEXT_LINES
        or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1])
    ):
        raise Unusable("a checkpoint is not three lines, an empty one, and signatures")
    root = base64_of(lines[2])
    signatures = []
    for line in tail[:-1].decode("utf-8", "replace").split("\n"):
        found = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/]+=*)", line)
        if found is None:
            raise Unusable("a signature line of a checkpoint is not in its form")
        octets = base64_of(found[2])
        signatures.append((found[1], octets[:4], octets[4:]))
    if len(root) != HASH:
        raise Unusable("the root in a checkpoint is not in its form")
    return Tree(head + b"\n", lines[0], int(lines[1]), root, signatures)


def believed(tree: Tree, keys: list[Key]) -> str:
    """Return why a tree is not to be believed as this ledger's; empty where it is."""
    return signed(tree, keys) if tree.origin == keys[0].name else "a checkpoint is another ledger's"


def signed(tree: Tree, keys: list[Key]) -> str:
    """Return why a tree is not signed by each of these keys; empty where it is."""
    for key in keys:
        if not any(
            holds(tree, key, octets) for name, key_id, octets in tree.signatures if (name, key_id) == key[:2]
        ):
            return f"the signature of {key.name} with {'ML-DSA-44' if key.type == SUBTREE else 'Ed25519'} is missing or false"
    return ""


def holds(tree: Tree, key: Key, octets: bytes) -> bool:
    """Return whether a signature is this key's over this tree."""
    name, log, stamp = key.name.encode(), tree.origin.encode(), octets[:8]
    try:
        if key.type == PLAIN:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(octets, tree.text)
        elif key.type == STAMPED:
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(stamp, "big") + tree.text
            Ed25519PublicKey.from_public_bytes(key.raw).verify(octets[8:], message)
        else:
            message = b"subtree/v1\n\0" + bytes([len(name)]) + name + stamp + bytes([len(log)]) + log
            message += struct.pack(">QQ", 0, tree.size) + tree.root
            MLDSA44PublicKey.from_public_bytes(key.raw).verify(octets[8:], message)
    except (InvalidSignature, ValueError):
        return False
    return True


# ---- the tree ----------------------------------------------------------------------------------------------
def leaf(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def above(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(peaks: list[tuple[int, bytes]]) -> bytes:
    """Return the root over subtrees of falling size, of which each is (entries, hash)."""
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = above(left, root)
    return root


def grow(peaks: list[tuple[int, bytes]], hashed: bytes) -> None:
    """Add a leaf to the subtrees of a tree."""
    count = 1
    while peaks and peaks[-1][0] == count:
        hashed = above(peaks.pop()[1], hashed)
        count *= 2
    peaks.append((count, hashed))


def path_holds(hashed: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Return whether a path leads from a leaf to a root (RFC 9162, 2.1.3.2)."""
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            hashed = above(sibling, hashed)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            hashed = above(hashed, sibling)
        place, last = place >> 1, last >> 1
    return index < size and last == 0 and hashed == root


# ---- entries -----------------------------------------------------------------------------------------------
def event_of(entry: bytes) -> dict[str, Any] | None:
    """Return what an entry says; None where it is not one event in canonical form."""
    body = entry[ORIGIN.size :]
    try:
        event = json.loads(body)
        again = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    whole = isinstance(event, dict) and sorted(event) == MEMBERS and isinstance(event["detail"], dict)
    return event if whole and again == body else None


def path_of(level: str, number: int, width: int) -> str:
    """Return where a tile or bundle lies."""
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(parts)}" + ("" if width == WIDTH else f".p/{width}")


class Reading:
    """One reading of an export: what is wrong, and the roots of the trees that were asked about."""

    def __init__(self, folder: Path, size: int, sizes: set[int]) -> None:
        """Begin at the first entry."""
        self.folder, self.size, self.sizes = folder, size, sizes
        self.faults: list[tuple[int, str]] = []
        self.count = self.pruned = 0
        self.roots: dict[int, bytes] = {}
        self.peaks: list[tuple[int, bytes]] = []
        self.next: dict[int, int] = {}
        self.gone: dict[int, bytearray] = {}
        self.said: dict[int, tuple[int, int, str]] = {}
        self.slack = 0
        self.levels: list[list[bytes]] = [[]]

    def fault(self, at: int, what: str) -> None:
        """Note what is wrong, and where; -1 is nowhere in particular."""
        self.count += 1
        if len(self.faults) < MOST_SHOWN:
            self.faults.append((at, what))

    def go(self) -> None:
        """Read everything, in order."""
        self.keep(0)
        for number in range(-(-self.size // WIDTH)):
            first = number * WIDTH
            width = min(WIDTH, self.size - first)
            entries, hashes = self.bundle(number, width), self.tile("0", number, width)
            if entries is None or hashes is None:
                self.fault(first, "from here on entries or their hashes are missing")
                return
            for at, (entry, hashed) in enumerate(zip(entries, hashes, strict=True), first):
                self.entry(at, entry, hashed)
                grow(self.peaks, hashed)
                self.keep(at + 1)
            if width == WIDTH:
                self.raise_level(0, number, hashes)
        for level, hashes in enumerate(self.levels, 1):
            if hashes and self.tile(str(level), (self.size >> 8 * level) // WIDTH, len(hashes)) != hashes:
                self.fault(-1, f"the last tile of level {level} does not follow from those below it")
        self.judge_gone()

    def raise_level(self, level: int, number: int, hashes: list[bytes]) -> None:
        """Take a full tile into the level above it, and compare that with what lies there once it is full too."""
        while len(hashes) > 1:
            hashes = [above(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        if level == len(self.levels):
            self.levels.append([])
        row = self.levels[level]
        row.append(hashes[0])
        if len(row) == WIDTH:
            self.levels[level] = []
            if self.tile(str(level + 1), number // WIDTH, WIDTH) != row:
                self.fault(
                    number * WIDTH << 8 * level, "a tile of hashes does not follow from those below it"
                )
            self.raise_level(level + 1, number // WIDTH, row)

    def keep(self, size: int) -> None:
        """Keep the root of a tree that was asked about."""
        if size in self.sizes:
            self.roots[size] = root_of(self.peaks)

    def bundle(self, number: int, width: int) -> list[bytes] | None:
        """Return the entries of a bundle, empty where one was pruned; None where there is none."""
        for level in ("entries", "kept"):
            path = self.folder / path_of(level, number, width)
            if path.is_file():
                octets, at, entries = small(path, MOST_BUNDLE), 0, list[bytes]()
                while at + 1 < len(octets) and len(entries) < width:
                    start, at = at + 2, at + 2 + int.from_bytes(octets[at : at + 2], "big")
                    entries.append(octets[start:at])
                return entries if len(entries) == width and at >= len(octets) else None
        return None

    def tile(self, level: str, number: int, width: int) -> list[bytes] | None:
        """Return the hashes of a tile; None where there is none."""
        path = self.folder / path_of(level, number, width)
        octets = small(path, HASH * WIDTH) if path.is_file() else b""
        return (
            [octets[at : at + 32] for at in range(0, len(octets), 32)] if len(octets) == 32 * width else None
        )

    def entry(self, at: int, entry: bytes, hashed: bytes) -> None:
        """Judge one entry; what it says counts only if it is the one that was hashed."""
        if not entry:
            self.slack += 1
            self.pruned += 1
            self.gone.setdefault(at // SPAN, bytearray(SPAN // 8))[at % SPAN // 8] |= 1 << at % 8
            return
        if leaf(entry) != hashed:
            self.slack += 1
            self.fault(at, "the entry is not the one that was sealed")
            return
        event = event_of(entry)
        if event is None:
            self.fault(at, "the entry is not an event in canonical form")
            return
        segment, sequence = ORIGIN.unpack_from(entry)
        missing = sequence - self.next.get(segment, 0)
        if missing < 0:
            self.fault(at, "a record of its segment stands here again")
        elif missing > self.slack:
            self.fault(at, f"{missing} records of its segment are left out")
        else:
            self.slack -= missing
        self.next[segment] = sequence + 1
        if segment == OWN_SEGMENT and event["kind"] == ALTERED:
            self.fault(at, "a journal was found altered before it was sealed")
        elif segment == OWN_SEGMENT and event["kind"] == PRUNED:
            self.hear(at, event["detail"])

    def hear(self, at: int, detail: dict[str, Any]) -> None:
        """Take note of what was pruned, as an entry says."""
        first, end, count = (
            each if isinstance(each := detail.get(field), int) else -1 for field in ("first", "end", "gone")
        )
        if 0 <= first < end <= min(at, first + SPAN):
            self.said[first] = (end, count, str(detail.get("digest")))

    def judge_gone(self) -> None:
        """Tell entries that were pruned from entries that are missing."""
        explained = last = 0
        for first, (end, count, digest) in sorted(self.said.items()):
            if first < last:
                self.fault(first, "ranges of pruned entries lie over one another")
                return
            last = end
            gone = [at for at in range(first, end) if self.is_gone(at)]
            bits = bytearray(-(-(end - first) // 8))
            for at in gone:
                bits[(at - first) // 8] |= 1 << (at - first) % 8
            explained += len(gone)
            if hashlib.sha256(bits).hexdigest() != digest:
                what = "missing" if len(gone) >= count else "here again"
                self.fault([*gone, first][0], f"entries up to {end} are {what} that were not pruned so")
        if explained != self.pruned:
            self.fault(-1, f"{self.pruned - explained} entries are missing that no entry says were pruned")

    def is_gone(self, at: int) -> bool:
        """Return whether an entry is not there."""
        return bool(self.gone.get(at // SPAN, bytearray(SPAN // 8))[at % SPAN // 8] & 1 << at % 8)


# ---- what is asked -----------------------------------------------------------------------------------------
def verify_folder(path: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what is to be said of an export."""
    own = asked.keys is None
    keys = ledger_keys(path / "keys.pub" if own else asked.keys)
    tree = tree_of(small(path / "checkpoint", MOST_NOTE))
    kept = [tree_of(small(asked.checkpoint, MOST_NOTE))] if asked.checkpoint else []
    cosigned = path / "witnessed"
    shown = [tree, *([tree_of(small(cosigned, MOST_NOTE))] if cosigned.is_file() else [])]
    reading = Reading(path, tree.size, {one.size for one in (*shown, *kept)})
    for one in (*shown, *kept):
        if why := believed(one, keys):
            reading.fault(-1, why)
    reading.go()
    for one in sorted((*shown, *kept), key=lambda one: one.size):
        if one.size > tree.size:
            reading.fault(tree.size, f"{one.size} entries were signed, {tree.size} are here: rolled back")
        elif one.size in reading.roots and reading.roots[one.size] != one.root:
            reading.fault(0, f"the first {one.size} entries are not those that were signed: rewritten")
    words = [f"as you kept it, {one.size} entries" for one in kept]
    words += [word for one in (*shown, *kept) if (word := quorum(one, asked))]
    return {
        "entries": tree.size,
        "pruned": reading.pruned,
        "count": reading.count,
        "faults": reading.faults,
        "unmet": (unmet := bool(asked.witness) and len(words) == len(kept)),
        "level": UNMET if unmet else WITNESSED.format("; ".join(words)) if words else SIGNED_ONLY,
        "own_keys": own,
    }


def quorum(tree: Tree, asked: argparse.Namespace) -> str:
    """Return who cosigned a tree, where enough of the known witnesses did."""
    known = list({keys[0].raw: keys for path in asked.witness if (keys := keys_of(path, OTHERS))}.values())
    names = [keys[0].name for keys in known if not signed(tree, keys)]
    enough = names and len(names) >= (asked.quorum or len(known))
    return f"{tree.size} entries by {', '.join(names)}" if enough else ""


def verify_proof(path: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what is to be said of a proof."""
    if asked.checkpoint:
        raise Unusable("a proof is not compared with a checkpoint: --checkpoint is for folders")
    if asked.keys is None:
        raise Unusable("a proof holds no keys: name the ledger's with --keys")
    return proof_of(small(path, MOST_PROOF), ledger_keys(asked.keys), asked)


def proof_of(octets: bytes, keys: list[Key], asked: argparse.Namespace) -> dict[str, Any]:
    """Return what is to be said of a proof's octets."""
    head, _, note = octets.partition(b"\n\n")
    lines = [*head.decode("ascii", "replace").split("\n"), "", ""]
    found = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines[2])
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or found is None:
        raise Unusable("this is not a proof with its entry")
    entry, index, tree = base64_of(lines[1][6:]), int(found[1]), tree_of(note)
    faults = []
    if why := believed(tree, keys):
        faults.append((-1, why))
    if not path_holds(leaf(entry), index, tree.size, [base64_of(line) for line in lines[3:-2]], tree.root):
        faults.append((index, "the entry does not stand in that tree"))
    event = event_of(entry)
    if event is None:
        faults.append((index, "the entry is not an event in canonical form"))
    word = quorum(tree, asked)
    level = WITNESSED.format(word) if word else UNMET if asked.witness else SIGNED_ONLY
    said = {"entries": tree.size, "pruned": 0, "count": len(faults), "faults": faults, "level": level}
    return {**said, "unmet": level is UNMET, "own_keys": False, "index": index, "event": event}


def small(path: Path, most: int) -> bytes:
    """Return what a file holds, which is not to be more than so much."""
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is no plain file")
    try:
        with path.open("rb") as file:
            octets = file.read(most + 1)
    except OSError as fault:
        raise Unusable(f"{path} cannot be read: {fault.strerror}") from fault
    if len(octets) > most:
        raise Unusable(f"{path} is larger than {most} octets")
    return octets


def base64_of(text: str) -> bytes:
    """Return the octets of strict base64."""
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        octets = b""
    if not octets or base64.b64encode(octets).decode() != text:
        raise Unusable("a part that should be base64 is not")
    return octets


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is said of it, for people."""
    if found["count"]:
        yield f"NOT INTACT: {found['count']} fault{'s'[: found['count'] != 1]} in {found['entries']} entries"
        for at, what in found["faults"]:
            yield f"  {f'#{at}' if at >= 0 else '-'}  {what}"
        return
    if "index" in found:
        yield f"proven: entry {found['index']} of {found['entries']}"
        yield json.dumps(found["event"], sort_keys=True)
    else:
        yield f"intact: {found['entries']} entries, {found['pruned']} of them pruned"
    yield found["level"]
    if found["own_keys"]:
        yield "with the keys that came with it: compare keys.pub with what you have from the ledger's owner"


def main(argv: list[str]) -> int:
    """Verify what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--witness", type=Path, action="append", default=[])
    parser.add_argument("--quorum", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    try:
        found = verify_folder(asked.path, asked) if asked.path.is_dir() else verify_proof(asked.path, asked)
    except Unusable as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    sys.stdout.write(
        json.dumps(found) + "\n" if asked.json else "".join(f"{line}\n" for line in lines_of(found))
    )
    return 1 if found["count"] or found["unmet"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
