"""safetensors: every octet belongs to the header or to exactly one tensor, or the file is not understood."""

import pytest

from bartizan.supply.formats.safetensors import BITS, FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.built import U64, safetensors, tensors
from tests.supply.formats.looking import seen, words

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def test_tensors_side_by_side_are_inert() -> None:
    assert seen(FORMAT, tensors()).standing is Standing.INERT
    assert seen(FORMAT, safetensors({}, b"")).standing is Standing.INERT


@pytest.mark.parametrize("dtype", BITS)
def test_each_type_has_its_size(dtype: str) -> None:
    size = BITS[dtype]
    exact = {"a": {"dtype": dtype, "shape": [8], "data_offsets": [0, size]}}
    assert seen(FORMAT, safetensors(exact, bytes(size))).standing is Standing.INERT
    larger = {"a": {"dtype": dtype, "shape": [8], "data_offsets": [0, size + 1]}}
    assert words(seen(FORMAT, safetensors(larger, bytes(size + 1)))) == {"tensor-size"}


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (safetensors({"a": ONE}, bytes(9)), "octets-left"),
        (safetensors({"a": ONE}, bytes(7)), "cut-off"),
        (safetensors({"a": ONE, "b": ONE}, bytes(8)), "tensors-apart"),
        (safetensors({"a": {**ONE, "data_offsets": [1, 9]}}, bytes(9)), "tensors-apart"),
        (safetensors({"a": {**ONE, "data_offsets": [8, 0]}}, bytes(8)), "tensor-size"),
        (safetensors({"a": {**ONE, "data_offsets": [0, 8, 8]}}, bytes(8)), "tensor-malformed"),
        (safetensors({"a": {**ONE, "shape": [True, 2]}}, bytes(8)), "tensor-malformed"),
        (safetensors({"a": {**ONE, "shape": [-1, -2]}}, bytes(8)), "tensor-malformed"),
        (safetensors({"a": {**ONE, "shape": [1] * 65}}, bytes(8)), "tensor-malformed"),
        (safetensors({"a": {**ONE, "more": 1}}, bytes(8)), "tensor-malformed"),
        (safetensors({"a": {**ONE, "dtype": "PICKLE"}}, bytes(8)), "tensor-type"),
        (safetensors({"a": {**ONE, "dtype": ["F32"]}}, bytes(8)), "tensor-type"),
        (safetensors({"\x1b[2J": ONE}, bytes(8)), "name-unprintable"),
        (safetensors({"__metadata__": {"\u202e": ""}}, b""), "name-unprintable"),
        (safetensors({"__metadata__": {"a": 1}}, b""), "metadata-malformed"),
        (safetensors({"__metadata__": []}, b""), "metadata-malformed"),
        (safetensors(b'{"a":1,"a":1}', b""), "json-name-twice"),
        (safetensors(b'{"__metadata__":{},"__metadata__":{}}', b""), "json-name-twice"),
        (safetensors(b"{}{}", b""), "json-malformed"),
        (safetensors({}, b"", pad=b"\n"), "header-padding"),
        (safetensors(b'{"a":NaN}', b""), "json-malformed"),
        (safetensors(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b""), "too-deep"),
        (safetensors(b'{"a":' + b"1" * 5000 + b"}", b""), "json-malformed"),
        (safetensors(b'{"\xff":1}', b""), "json-malformed"),
        (U64.pack(100) + b"{}", "cut-off"),
    ],
)
def test_what_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_a_header_larger_than_the_format_allows_is_no_safetensors() -> None:
    assert not FORMAT.knows(Octets(U64.pack(100_000_001) + b"{}"))
    assert not FORMAT.knows(Octets(U64.pack(2) + b"[]"))
    assert not FORMAT.knows(Octets(b""))


def test_work_is_bounded() -> None:
    read = seen(FORMAT, tensors(), Budget(operations=3))
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {"too-much-work"})


def test_names_are_told_fit_for_a_terminal_and_cut() -> None:
    read = seen(FORMAT, safetensors({"\n" * 500: ONE}, bytes(8)))
    assert read.reasons[0].what.isprintable()
    assert len(read.reasons[0].what) < 200
