"""A file that costs more than it is worth: it is given up, never taken for clean, and never ends the scan."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.reading import Bounds, Reading
from bartizan.supply.scan import known, scan
from bartizan.supply.subject import ModelFile, Standing

MEGABYTE = 1 << 20


def zipped(*files: tuple[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        for name, octets in files:
            made.writestr(zipfile.ZipInfo(name), octets, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def in_layers(compress: Callable[[bytes], bytes], layers: int) -> bytes:
    octets = b"a" * MEGABYTE
    for _ in range(layers):
        octets = compress(octets)
    return octets


def overlapping() -> bytes:
    """Return an archive whose many entries all name the same few octets. Source: Fifield 2019, "A better zip bomb"."""
    one = bytearray(zipped(("a.txt", b"a" * MEGABYTE)))
    entry, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entries = bytes(one[entry:end]) * 1000
    struct.pack_into("<2H2I", one, end + 8, 1000, 1000, len(entries), entry)
    return bytes(one[:entry]) + entries + bytes(one[end:])


BOMBS: dict[str, Callable[[], bytes]] = {
    "members upon one another": overlapping,
    "gzip in gzip without end": lambda: in_layers(gzip.compress, 9),
    "bzip2 in bzip2 without end": lambda: in_layers(bz2.compress, 9),
    "xz in xz without end": lambda: in_layers(lzma.compress, 9),
    "zip in zip without end": lambda: in_layers(lambda octets: zipped(("a.txt", octets)), 9),
    "the same bomb many times": lambda: zipped(
        *((f"{place}.gz", gzip.compress(bytes(MEGABYTE))) for place in range(20))
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_not_understood(bomb: str) -> None:
    found = looker(known())(Octets(BOMBS[bomb](), "a"), Budget(expanded=10 * MEGABYTE))
    assert found.standing is Standing.UNKNOWN


def test_what_takes_more_memory_than_the_process_has_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(400 * MEGABYTE), 1))
    (tmp_path / "b.txt").write_bytes(b"words\n")
    reading = Reading(looker(known()), Bounds(memory=128 * MEGABYTE))
    first, second = scan([tmp_path], reading)
    assert first.file.standing is Standing.UNKNOWN
    assert second.file.standing is Standing.INERT


def test_a_reader_that_falls_takes_no_other_file_with_it(tmp_path: Path) -> None:
    for name in ("a", "bad", "c"):
        (tmp_path / name).write_bytes(b"words\n")

    def falls(octets: Octets, budget: Budget) -> ModelFile:
        if octets.name == "bad":
            raise SystemError
        return looker(known())(octets, budget)

    found = {each.path.name: each.file.standing for each in scan([tmp_path], Reading(falls))}
    assert found == {"a": Standing.INERT, "bad": Standing.UNKNOWN, "c": Standing.INERT}


def test_a_folder_of_links_in_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for place in range(20):
        (tmp_path / "a" / str(place)).symlink_to(tmp_path)
    assert len(list(scan([tmp_path]))) == 20
