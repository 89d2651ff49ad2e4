"""Compressed files: one whole stream, with nothing after it, and no further than the budget reaches."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.supply.containers.stream import BZIP2, GZIP, LZMA, XZ, ZLIB, Kind, expanded, member
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort

KINDS: dict[str, tuple[Kind, Callable[[bytes], bytes]]] = {
    "gzip": (GZIP, gzip.compress),
    "zlib": (ZLIB, zlib.compress),
    "bzip2": (BZIP2, bz2.compress),
    "xz": (XZ, lzma.compress),
    "lzma": (LZMA, lambda octets: lzma.compress(octets, lzma.FORMAT_ALONE)),
}
EACH = pytest.mark.parametrize(("kind", "compress"), KINDS.values(), ids=KINDS)
LONG = b"".join(number.to_bytes(4, "big") for number in range(200_000))


def read(octets: bytes, kind: Kind, budget: Budget | None = None) -> bytes:
    return bytes(expanded(Octets(octets, "a"), kind, budget or Budget()).view)


@EACH
@settings(max_examples=25)
@given(octets=st.binary(max_size=4000))
def test_what_the_standard_library_compresses_is_read(
    kind: Kind, compress: Callable[[bytes], bytes], octets: bytes
) -> None:
    assert read(compress(octets), kind) == octets


@EACH
def test_a_long_one_is_read_whole(kind: Kind, compress: Callable[[bytes], bytes]) -> None:
    assert read(compress(LONG), kind) == LONG


@EACH
@pytest.mark.parametrize("more", [b"\0", b"x" * 9, bytes(1 << 19)])
def test_nothing_may_follow(kind: Kind, compress: Callable[[bytes], bytes], more: bytes) -> None:
    for octets in (b"abc", LONG):
        with pytest.raises(Damaged):
            read(compress(octets) + more, kind)


@EACH
def test_a_second_stream_is_refused(kind: Kind, compress: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Damaged):
        read(compress(b"abc") * 2, kind)


@EACH
def test_a_cut_off_one_is_refused(kind: Kind, compress: Callable[[bytes], bytes]) -> None:
    octets = compress(b"abcdefgh" * 20)
    for end in range(len(octets)):
        with pytest.raises((Damaged, TooShort)):
            read(octets[:end], kind)


@EACH
def test_a_bomb_is_given_up_before_it_is_kept(kind: Kind, compress: Callable[[bytes], bytes]) -> None:
    octets = compress(bytes(8 << 20))
    budget = Budget(expanded=1 << 20)
    with pytest.raises(Exhausted):
        read(octets, kind, budget)
    assert budget.expanded >= -(1 << 19)


@pytest.mark.parametrize("at", [0, 1, 2, 3, -1, -4, -5, -8, 12])
def test_a_gzip_whose_header_or_end_is_wrong(at: int) -> None:
    octets = bytearray(gzip.compress(b"abcdefgh" * 20))
    octets[at] ^= 0xE0
    with pytest.raises((Damaged, TooShort)):
        read(bytes(octets), GZIP)


def test_a_gzip_may_name_its_file_and_check_its_header() -> None:
    kept = io.BytesIO()
    with gzip.GzipFile("name.pkl", "wb", fileobj=kept) as file:
        file.write(b"abc")
    plain = kept.getvalue()
    assert read(plain, GZIP) == b"abc"
    head, rest = plain[:3] + bytes([plain[3] | 2]) + plain[4:19], plain[19:]
    assert head.endswith(b"name.pkl\0")
    checked = head + (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") + rest
    assert read(checked, GZIP) == b"abc"
    with pytest.raises(Damaged):
        read(head + b"\0\0" + rest, GZIP)
    extra = plain[:3] + b"\x0c" + plain[4:10] + b"\2\0ab" + plain[10:]
    assert read(extra, GZIP) == b"abc"
    with pytest.raises((Damaged, TooShort)):
        read(plain[:3] + b"\x0c" + plain[4:10] + b"\xff\xffab" + plain[10:], GZIP)


def test_a_dictionary_that_takes_too_much_memory_is_refused() -> None:
    octets = lzma.compress(b"abc", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}])
    with pytest.raises(Damaged):
        read(octets, XZ)


@pytest.mark.parametrize(
    ("name", "inner"), [("a.pkl.gz", "a.pkl"), ("a.GZ", "a"), (".gz", ".gz"), ("", "content"), ("a", "a")]
)
def test_what_is_compressed_has_the_name_without_the_ending(name: str, inner: str) -> None:
    found = member(Octets(gzip.compress(b"abc"), name), GZIP, Budget())
    assert (found.name, found.expand().name, bytes(found.expand().view)) == (inner, inner, b"abc")
