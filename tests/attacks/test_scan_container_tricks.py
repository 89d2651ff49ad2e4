"""An archive shows a scanner harmless members and a loader others: wrong flags, two headers, two names, an end of its own.

Source: CVE-2025-1889, -1944, -1945, -10155 to -10157 (picklescan); each trick is made here on an archive whose members are inert.
"""

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.supply.scan import scan
from bartizan.supply.subject import Standing

GOOD, BAD = b"only words here\n", b"\x80\x04cos\nsystem\n."
NAME = b"a/data.txt"


def archive(*files: tuple[str, bytes], comment: bytes = b"") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name, octets in files:
            made.writestr(zipfile.ZipInfo(name), octets)
        made.comment = comment
    return kept.getvalue()


WHOLE = archive(("a/data.txt", GOOD), ("a/more.txt", GOOD))
ENTRY = WHOLE.index(b"PK\x01\x02")
END = WHOLE.index(b"PK\x05\x06")


def put(at: int, value: bytes, octets: bytes = WHOLE) -> bytes:
    return octets[:at] + value + octets[at + len(value) :]


def in_both(offset: int, value: bytes) -> bytes:
    """Change a field of the first member in both of its headers; `offset` counts in the local one."""
    return put(ENTRY + offset + 2, value, put(offset, value))


def hidden_member() -> bytes:
    """Return an archive whose directory leaves out a member that who reads it from its beginning finds first."""
    first, both = archive(("a/data.txt", BAD)), bytearray(archive(("a/data.txt", BAD), ("a/data.tx2", GOOD)))
    second = both.index(b"PK\x03\x04", 4)
    entry = both.index(b"PK\x01\x02")
    two = both.index(b"PK\x01\x02", entry + 1)
    kept = both[:entry] + both[two:]
    end = kept.index(b"PK\x05\x06")
    struct.pack_into("<2H2I", kept, end + 8, 1, 1, end - entry, entry)
    assert len(first) > second
    return bytes(kept)


def second_directory() -> bytes:
    """Return an archive with a whole one in its comment: who looks for the last end finds the other."""
    return archive(("a/data.txt", GOOD), comment=archive(("a/data.txt", BAD)))


TRICKS: dict[str, Callable[[], bytes]] = {
    "checksum wrong": lambda: in_both(14, b"\1\2\3\4"),
    "checksum wrong in the directory": lambda: put(ENTRY + 16, b"\1\2\3\4"),
    "checksum wrong in the header": lambda: put(14, b"\1\2\3\4"),
    "flag 0x1": lambda: in_both(6, b"\x01\0"),
    "flag 0x20": lambda: in_both(6, b"\x20\0"),
    "flag 0x40": lambda: in_both(6, b"\x40\0"),
    "flag 0x1 in the header alone": lambda: put(6, b"\x01\0"),
    "flag 0x1 in the directory alone": lambda: put(ENTRY + 8, b"\x01\0"),
    "another name in the header": lambda: put(30, b"a/data.pkl"),
    "another name in the directory": lambda: put(ENTRY + 46, b"a/data.pkl"),
    "another size in the directory": lambda: put(ENTRY + 20, struct.pack("<2I", 4, 4)),
    "another method in the header": lambda: put(8, b"\x08\0"),
    "a method that nobody knows": lambda: in_both(8, b"\x63\0"),
    "the name ends at a zero": lambda: in_both(30, b"a/data\0pkl").replace(NAME, b"a/data\0pkl"),
    "octets in front": lambda: BAD + WHOLE,
    "octets after": lambda: WHOLE + BAD,
    "octets before the directory": lambda: put(
        END + 16, struct.pack("<I", ENTRY + 9), WHOLE[:ENTRY] + BAD[:9] + WHOLE[ENTRY:]
    ),
    "a member that is in no directory": hidden_member,
    "two archives, one in the comment": second_directory,
    "two archives in a row": lambda: archive(("a", BAD)) + WHOLE,
    "one name twice": lambda: archive(("a", GOOD), ("A", BAD)),
    "a name above": lambda: archive(("../a.txt", GOOD)),
    "an absolute name": lambda: archive(("/etc/cron.d/a", GOOD)),
    "a name of Windows": lambda: archive(("..\\a.txt", GOOD)),
    "a drive": lambda: archive(("C:/a.txt", GOOD)),
}


def verdict(octets: bytes, file: Path) -> Standing:
    file.write_bytes(octets)
    (found,) = scan([file])
    return found.file.standing


def test_the_archive_on_which_the_tricks_are_made_is_inert(tmp_path: Path) -> None:
    assert verdict(WHOLE, tmp_path / "a.zip") is Standing.INERT
    assert verdict(archive(("a/data.txt", BAD)), tmp_path / "b.zip") is not Standing.INERT


@pytest.mark.parametrize("name", ["model.zip", "model.pt", "model.bin", "model.txt", "model"])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_with_an_archive_makes_it_inert(trick: str, name: str, tmp_path: Path) -> None:
    octets = TRICKS[trick]()
    assert octets != WHOLE
    assert verdict(octets, tmp_path / name) is not Standing.INERT


def linked(kind: bytes, name: str = "a.txt") -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as made:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        made.addfile(info)
    return kept.getvalue()


def twice() -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as made:
        for octets in (GOOD, BAD):
            info = tarfile.TarInfo("a.txt")
            info.size = len(octets)
            made.addfile(info, io.BytesIO(octets))
    return kept.getvalue()


def plain() -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w", format=tarfile.USTAR_FORMAT) as made:
        info = tarfile.TarInfo("a.txt")
        info.size = len(GOOD)
        made.addfile(info, io.BytesIO(GOOD))
    return kept.getvalue()


TAR: dict[str, Callable[[], bytes]] = {
    "a link": lambda: linked(tarfile.SYMTYPE),
    "a hard link": lambda: linked(tarfile.LNKTYPE),
    "a device": lambda: linked(tarfile.CHRTYPE),
    "a pipe": lambda: linked(tarfile.FIFOTYPE),
    "a name above": lambda: linked(tarfile.REGTYPE, "../a.txt"),
    "one name twice": twice,
    "an archive after its end": lambda: plain() + plain(),
    "octets in its padding": lambda: plain()[:600] + BAD + plain()[600 + len(BAD) :],
}


@pytest.mark.parametrize("trick", TAR)
def test_no_trick_with_a_tar_makes_it_inert(trick: str, tmp_path: Path) -> None:
    assert verdict(plain(), tmp_path / "a.tar") is Standing.INERT
    assert verdict(TAR[trick](), tmp_path / "b.tar") is not Standing.INERT


def test_an_archive_that_is_not_read_is_never_inert(tmp_path: Path) -> None:
    for magic in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x28\xb5\x2f\xfd", b"MSCF\0\0\0\0"):
        assert verdict(magic + bytes(40), tmp_path / "a") is Standing.UNKNOWN
