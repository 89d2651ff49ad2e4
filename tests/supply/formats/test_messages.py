"""A tensor of ONNX alone and a vocabulary of SentencePiece: inert as they are written, and nothing but what their schema says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.formats import onnx_tensor, sentencepiece
from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.formats.wired import external, num, piece, sub, tensor, vocabulary


def look(octets: bytes, name: str = "a") -> ModelFile:
    return looker(known())(Octets(octets, name), Budget())


@pytest.mark.parametrize(
    "octets",
    [
        tensor(),
        tensor("", (), bytes(4)),
        num(2, 8) + sub(6, "words") + sub(8, "s"),
        sub(1, b"\2") + tensor("n", ())[0:0] + num(2, 7) + sub(7, b"\1\2") + sub(8, "p"),
    ],
)
def test_a_tensor_is_inert(octets: bytes) -> None:
    assert look(octets, "input_0.pb") == ModelFile("onnx-tensor", Standing.INERT, (), len(octets), ".pb")


@pytest.mark.parametrize(
    "octets",
    [
        tensor() + b"\0", tensor()[:-1], tensor(dims=(2, 3)), tensor() + num(99, 1), tensor() + num(2, 1), external("w.bin"), num(1, 2) + num(2, 1), num(1, 5),
        b"\x08" * 40,
    ],
)  # fmt: skip
def test_a_tensor_that_contradicts_itself_is_not_understood(octets: bytes) -> None:
    assert look(octets, "input_0.pb").standing is Standing.UNKNOWN


@pytest.mark.parametrize("text", [b"\nwords\n", b"\n\nmore words", b"\x0a"])
def test_text_that_begins_with_a_new_line_is_text(text: bytes) -> None:
    assert look(text).format == "text"


def test_a_vocabulary_is_inert() -> None:
    octets = vocabulary()
    assert look(octets, "tokenizer.model") == ModelFile(
        "sentencepiece", Standing.INERT, (), len(octets), ".model"
    )


@pytest.mark.parametrize(
    "octets",
    [
        vocabulary() + b"\0", vocabulary()[:-1], vocabulary(after=num(9, 1)), vocabulary(trainer=num(99, 1)), vocabulary(trainer=num(4, 3)),
        vocabulary(piece("a", bytes(4), num(3, 9)), piece("b")), piece("<unk>") * 3,
    ],
)  # fmt: skip
def test_a_vocabulary_that_is_not_one_is_not_understood(octets: bytes) -> None:
    assert look(octets, "tokenizer.model").standing is Standing.UNKNOWN


@pytest.mark.property
@given(st.sampled_from([tensor(), vocabulary()]), st.data())
def test_what_is_cut_off_is_not_taken_for_another_format(octets: bytes, data: st.DataObject) -> None:
    cut = octets[: data.draw(st.integers(2, len(octets) - 1))]
    for shape in (onnx_tensor.FORMAT, sentencepiece.FORMAT):
        assert not shape.knows(Octets(cut)) or look(cut).format in {"onnx-tensor", "sentencepiece"}
