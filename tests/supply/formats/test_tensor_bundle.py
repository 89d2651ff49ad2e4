"""The index of a TensorFlow checkpoint and the fingerprint beside it: every octet is a block's, an entry's or the footer's."""

import struct

import pytest

from bartizan.supply.formats import fingerprint
from bartizan.supply.formats.tensor_bundle import FORMAT, MAGIC
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words
from tests.supply.formats.made import made
from tests.supply.formats.wired import num, varint


def block(*entries: tuple[bytes, bytes], kind: int = 0) -> bytes:
    body = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in entries)
    return body + struct.pack("<II", 0, 1) + bytes([kind]) + bytes(4)


def table(
    *entries: tuple[bytes, bytes],
    meta: bytes | None = None,
    kind: int = 0,
    gap: bytes = b"",
    pad: bytes = b"",
) -> bytes:
    data, middle = block(*entries, kind=kind) + gap, block() if meta is None else meta
    index = block((b"\xff", varint(0) + varint(len(data) - 5 - len(gap))))
    places = (
        varint(len(data)) + varint(len(middle) - 5) + varint(len(data) + len(middle)) + varint(len(index) - 5)
    )
    return data + middle + index + (places + pad).ljust(40, b"\0") + MAGIC


HEADER = (b"", num(1, 1))
TENSOR = (b"w", num(1, 1) + num(5, 4))


def test_an_index_of_the_real_library_is_inert_and_tells_where_its_tensors_lie() -> None:
    read = FORMAT.read(
        Octets(made("variables.index"), "m/variables/variables.index"),
        Budget(),
        lambda *_: pytest.fail("a member"),
    )
    assert [(each.word, each.member, each.standing) for each in read.reasons] == [
        ("external-data", "variables.data-00000-of-00001", Standing.INERT)
    ]


def test_one_that_is_built_is_inert() -> None:
    assert seen(FORMAT, table(HEADER, TENSOR)).standing is Standing.INERT


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (table(), "part-missing"),
        (table(TENSOR), "part-missing"),
        (table(HEADER, (b"w", num(1, 1) + num(3, 1))), "part-missing"),
        (table(HEADER, TENSOR, TENSOR), "order-wrong"),
        (table((b"", num(1, 0))), "version-unknown"),
        (table((b"", num(1, 1) + num(2, 1))), "version-unknown"),
        (table((b"", num(9, 1))), "field-unknown"),
        (table(HEADER, kind=1), "compression-unknown"),
        (table(HEADER, gap=b"x"), "blocks-apart"),
        (table(HEADER, pad=b"x"), "padding-used"),
        (table(HEADER, meta=block((b"filter", b"x"))), "block-unknown"),
        (b"x" + table(HEADER), "cut-off"),
    ],
)
def test_what_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert read.standing is Standing.UNKNOWN
    assert words(read) == {word}


def test_a_fingerprint_is_inert_and_nothing_else_passes_for_one() -> None:
    assert seen(fingerprint.FORMAT, made("fingerprint.pb")).reasons == ()
    assert words(seen(fingerprint.FORMAT, made("fingerprint.pb") + num(9, 1))) == {"field-unknown"}
    assert not fingerprint.FORMAT.knows(Octets(made("fingerprint.pb"), "model.bin"))
