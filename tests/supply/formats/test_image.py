"""Images and sound: whole ones are inert, and nothing can be hidden before, between or after their parts."""

import io
import struct
import wave
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.test_look import zipped


def look(octets: bytes) -> ModelFile:
    return looker(known())(Octets(octets, "a"), Budget())


def part(kind: bytes, octets: bytes) -> bytes:
    return struct.pack(">I", len(octets)) + kind + octets + struct.pack(">I", zlib.crc32(kind + octets))


def sound() -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(500))
    return kept.getvalue()


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + part(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0))
    + part(b"IDAT", zlib.compress(b"\0\0"))
    + part(b"IEND", b"")
)
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02coded\xff\0more\xff\xd1and\xff\xff\xff\xd9"
GIF = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"!\xf9\4abcd\0" + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
WEBP = b"RIFF" + struct.pack("<I", 4 + 8 + 6) + b"WEBPVP8L" + struct.pack("<I", 5) + b"abcde\0"
EACH = {"png": PNG, "jpeg": JPEG, "gif": GIF, "webp": WEBP, "wave": sound()}


@pytest.mark.parametrize("name", EACH)
def test_a_whole_one_is_inert(name: str) -> None:
    assert look(EACH[name]) == ModelFile(name, Standing.INERT, (), len(EACH[name]))


@pytest.mark.parametrize("name", EACH)
def test_a_cut_off_one_is_not_understood(name: str) -> None:
    for end in range(1, len(EACH[name])):
        found = look(EACH[name][:end])
        assert found.standing is not Standing.INERT or found.format == "text", end


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("more", [b"\0", b"\x80\x04.", zipped(("a.txt", b"words"))])
def test_nothing_may_follow(name: str, more: bytes) -> None:
    assert look(EACH[name] + more).standing is Standing.UNKNOWN


def test_an_archive_within_a_part_is_one_file_of_two_formats() -> None:
    hidden = PNG[:-12] + part(b"zipZ", zipped(("a.txt", b"words"))) + PNG[-12:]
    assert [each.word for each in look(hidden).reasons] == ["polyglot"]


@given(st.sampled_from(sorted(EACH)), st.integers(0, 600), st.binary(min_size=1, max_size=4))
def test_whatever_is_written_into_one_it_is_read_or_refused(name: str, at: int, value: bytes) -> None:
    octets = EACH[name]
    place = at % len(octets)
    found = look(octets[:place] + value + octets[place + len(value) :])
    assert found.standing in {Standing.INERT, Standing.UNKNOWN, Standing.CODE, Standing.MALICIOUS}
    assert found.standing is not Standing.INERT or found.format in EACH


def test_parts_without_end_are_work() -> None:
    octets = PNG[:-12] + part(b"tEXt", b"") * 1000 + PNG[-12:]
    found = looker(known())(Octets(octets), Budget(operations=4000))
    assert [each.word for each in found.reasons] == ["too-much-work"]
