"""Artifacts for tests: folders on disk, keys that are made once, manifests that hypothesis draws."""

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from bartizan.artifact import names
from bartizan.artifact.keys import Signer
from bartizan.artifact.manifest import Algorithm, Entry, Manifest, shards
from bartizan.clock import SECOND, Nanoseconds

LATE = Nanoseconds(4_000_000_000 * SECOND)
"""An instant at which everything on disk has long been as it is."""
DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")


def signer(number: int = 0) -> Signer:
    """Return keys; those of one number are the same."""
    return _made(number)


@cache
def _made(_: int) -> Signer:
    return Signer.generate()


def tree(folder: Path, files: dict[str, bytes | str]) -> Path:
    """Make a folder: octets are a file, a text is a symbolic link."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            file.symlink_to(content)
        else:
            file.write_bytes(content)
    return folder


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Return a manifest that is valid."""
    part = st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1, max_size=5)
    paths = st.lists(part, min_size=1, max_size=3).map("/".join).filter(lambda name: not names.fault(name))
    drawn = draw(st.lists(paths, max_size=6, unique=True))
    algorithms: tuple[Algorithm, ...] = draw(
        st.sampled_from([("blake3",), ("sha256",), ("blake3", "sha256")])
    )
    folders = {"/".join(name.split("/")[:depth]) for name in drawn for depth in range(1, name.count("/") + 1)}
    entries = [Entry(name, "folder") for name in folders]
    shard = 1 << 20
    for name in set(drawn) - folders:
        octets = draw(st.integers(0, 3 << 20))
        trees = tuple(draw(DIGESTS) for _ in range(shards(octets, shard))) if "blake3" in algorithms else ()
        entries.append(Entry(name, "file", octets, draw(DIGESTS) if "sha256" in algorithms else "", trees))
    return Manifest(algorithms, tuple(sorted(entries, key=lambda entry: entry.name.encode())), (), shard)
