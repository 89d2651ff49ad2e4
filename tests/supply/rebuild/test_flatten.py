"""Names of tensors are those of where they stand; what is no tensor is a value, or told."""

import pickle
from pathlib import Path

import pytest

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.values import Table, Tensor
from bartizan.supply.rebuild.flatten import MOST_VALUES, Flat, Source, flatten
from bartizan.supply.rebuild.report import MOST_TOLD, Rebuilt
from bartizan.supply.rebuild.tensor import METADATA
from tests.supply.pickles.written import FLOATS, checkpoint, state, storage, tensor
from tests.supply.rebuild.written import kept, rebuilt, word

NOTHING = Source({}, memoryview(b""))
W = tensor(storage("0", 6), (6,), (1,))
TEXT = b"X\1\0\0\0"


def flat(*pairs: tuple[object, object]) -> Flat:
    return flatten(Table(list(pairs)), NOTHING, Budget())


def test_parts_of_a_name_are_joined_by_dots_and_numbers_count_from_nought() -> None:
    found = flat(("a", Table([("b", [1, (2.5, True)])])), (7, None))
    assert found.values == {"a.b.0": 1, "a.b.1.0": 2.5, "a.b.1.1": True, "7": None}
    assert flatten(3, NOTHING, Budget()).values == {"tensor": 3}


def test_the_last_value_of_a_key_counts_as_it_does_in_python() -> None:
    assert flat(("a", 1), ("b", 2), ("a", 3)).values == {"a": 3, "b": 2}
    assert flat((1, "x"), (True, "y")).values == {"1": "y"}


def test_keys_that_are_neither_text_nor_numbers_are_told() -> None:
    found = flat(((1, 2), "x"), (None, "y"), (2.5, "z"))
    assert not found.values
    assert [each.what for each in found.left] == [
        "what stands under a key that is a tuple", "what stands under a key that is a nonetype",
        "what stands under a key that is a float",
    ]  # fmt: skip


def test_long_texts_and_more_values_than_anybody_reads_are_told_and_counted() -> None:
    found = flat(("a", "x" * 2000), ("b", "line\nline"), ("c", 1 << 70))
    assert (found.values, [each.name for each in found.left]) == ({}, ["a", "b", "c"])
    many = flat(*((f"k{number}", number) for number in range(MOST_VALUES + MOST_TOLD + 5)))
    assert (len(many.values), len(many.left), many.more_left) == (MOST_VALUES, MOST_TOLD, 5)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/../b", "a\\b", "C:x", "a\x1b[2Jb", "x" * 1100, METADATA, "a\u202eb", "a//b"]
)  # fmt: skip
def test_a_name_that_could_be_a_place_or_does_not_print_is_refused(name: str, tmp_path: Path) -> None:
    octets = checkpoint(state({name: W}), {"0": FLOATS})
    assert word(octets, tmp_path) == "tensor-name"


def test_a_tensor_without_a_name_is_called_what_it_is(tmp_path: Path) -> None:
    assert list(kept(checkpoint(state({"": W}), {"0": FLOATS}), tmp_path)) == ["tensor"]
    assert word(checkpoint(state({"": W, "tensor": W}), {"0": FLOATS}), tmp_path) == "name-twice"


@pytest.mark.parametrize("name", ["bert/encoder/kernel:0", "été.weight", "a b", "module.0.weight"])
def test_names_that_models_have_are_kept(name: str, tmp_path: Path) -> None:
    assert list(kept(checkpoint(state({name: W}), {"0": FLOATS}), tmp_path)) == [name]


def test_two_tensors_of_one_name_are_refused(tmp_path: Path) -> None:
    nested = b"}" + TEXT + b"b" + W + b"s"
    octets = checkpoint(state({"a.b": W, "a": nested}), {"0": FLOATS})
    assert word(octets, tmp_path) == "name-twice"


def test_what_holds_itself_is_refused_also_behind_what_was_cut(tmp_path: Path) -> None:
    cyclic = b"\x80\x02}q\0(" + TEXT + b"ah\0" + TEXT + b"bcposix\nsystem\nu."
    assert word(cyclic, tmp_path) == "cyclic"
    deep = b"\x80\x02cposix\nsystem\n0" + b"]" * 400 + b"a" * 399 + b"."
    assert word(deep, tmp_path) == "cyclic"


def test_what_is_shared_to_grow_without_end_is_given_up(tmp_path: Path) -> None:
    tower = b"\x80\x02cposix\nsystem\n0]q\0"
    for number in range(1, 60):  # each list holds the one before twice
        tower += b"0]q" + bytes((number,)) + 2 * (b"h" + bytes((number - 1,)) + b"a")
    assert word(tower + b".", tmp_path) == "too-much-work"


def test_numbers_that_json_does_not_have_are_texts(tmp_path: Path) -> None:
    assert word(pickle.dumps({"a": float("nan")}, 2), tmp_path) == "no-tensors"
    nan = b"G\x7f\xf8\0\0\0\0\0\0"
    said, new = rebuilt(checkpoint(state({"w": W, "a": nan}), {"0": FLOATS}), tmp_path)
    assert isinstance(said, Rebuilt)
    assert b'{\\"a\\": \\"nan\\"}' in new


def test_a_tensor_without_a_storage_is_refused() -> None:
    with pytest.raises(ValueError, match="has no data"):
        flat(("w", Tensor(None, "float32", (1,), (1,))))
