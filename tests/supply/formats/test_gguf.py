"""GGUF: every value and tensor to the last octet, and a chat template that only writes text."""

import pytest

from bartizan.supply.formats.gguf import BLOCKS, FORMAT
from bartizan.supply.octets import Budget
from bartizan.supply.subject import Standing
from tests.supply.formats.built import U32, U64, array, gguf, gguf_model, info, text, value
from tests.supply.formats.looking import seen, words

ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}"


@pytest.mark.parametrize("version", [2, 3])
def test_a_model_is_inert(version: int) -> None:
    assert (
        seen(FORMAT, gguf_model().replace(b"GGUF\3", b"GGUF" + bytes([version]))).standing is Standing.INERT
    )


def test_a_vocabulary_without_tensors_is_inert() -> None:
    assert seen(FORMAT, gguf([value("a", 4, bytes(4))], [], b"", align=1)).standing is Standing.INERT
    assert seen(FORMAT, gguf([value("a", 4, bytes(4))], [], b"")).standing is Standing.INERT


@pytest.mark.parametrize("kind", BLOCKS)
def test_each_type_has_its_size(kind: int) -> None:
    elements, size = BLOCKS[kind]
    padded = bytes(size + -size % 32)
    assert seen(FORMAT, gguf([], [info("t", [elements], kind, 0)], padded)).standing is Standing.INERT
    assert words(seen(FORMAT, gguf([], [info("t", [elements], kind, 0)], padded + bytes(32)))) == {
        "octets-left"
    }
    if elements > 1:
        assert words(seen(FORMAT, gguf([], [info("t", [elements - 1], kind, 0)], padded))) == {"tensor-size"}


def test_alignment_is_what_the_file_says() -> None:
    said = [value("general.alignment", 4, U32.pack(64))]
    infos = [info("t", [1], 0, 0), info("u", [1], 0, 64)]
    assert seen(FORMAT, gguf(said, infos, bytes(128), align=64)).standing is Standing.INERT
    assert words(seen(FORMAT, gguf(said, infos, bytes(64), align=64))) == {"cut-off"}


@pytest.mark.parametrize(
    "name", ["tokenizer.chat_template", "tokenizer.chat_template.rag", "x.chat_template"]
)
def test_a_template_that_escapes_is_malicious_wherever_it_stands(name: str) -> None:
    read = seen(FORMAT, gguf([value(name, 8, text(ESCAPE))], [], b""))
    assert read.standing is Standing.MALICIOUS
    assert {reason.member for reason in read.reasons} == {name}


def test_a_template_that_escapes_is_told_though_the_file_is_damaged() -> None:
    read = seen(FORMAT, gguf_model(ESCAPE)[:-1])
    assert read.standing is Standing.MALICIOUS
    assert "cut-off" in words(read)


def test_a_template_that_cannot_be_read_is_not_understood_and_the_rest_is_read() -> None:
    read = seen(FORMAT, gguf_model("{% if %}", more=value("y.chat_template", 8, text(ESCAPE))))
    assert words(read) >= {"template-malformed", "template-escape"}


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (gguf([], [], b"", version=1), "version-unknown"),
        (gguf([], [], b"", version=1 << 24 | 3), "version-unknown"),
        (b"GGUF" + U32.pack(3) + U64.pack(1 << 40) + U64.pack(0), "count-too-large"),
        (b"GGUF" + U32.pack(3) + U64.pack(0) + U64.pack(1 << 40), "count-too-large"),
        (gguf([value("a", 4, bytes(4))] * 2, [], b""), "name-twice"),
        (gguf([], [info("t", [0], 0, 0)] * 2, b""), "name-twice"),
        (gguf([value("a\x1b", 4, bytes(4))], [], b""), "name-unprintable"),
        (gguf([value("", 4, bytes(4))], [], b""), "name-unprintable"),
        (gguf([text(b"\xff")], [], b""), "not-text"),
        (gguf([U64.pack(1 << 60)], [], b""), "name-too-long"),
        (gguf([value("a", 13, b"")], [], b""), "value-type"),
        (gguf([value("a", 7, b"\2")], [], b""), "value-malformed"),
        (gguf([value("a", 8, U64.pack(1 << 63))], [], b""), "cut-off"),
        (gguf([value("a", 9, U32.pack(4) + U64.pack(1 << 62))], [], b""), "cut-off"),
        (gguf([value("a", 9, U32.pack(8) + U64.pack(1 << 62))], [], b""), "count-too-large"),
        (
            gguf([value("a", 9, array(9, [array(9, [array(9, [array(9, [array(4, [])])])])]))], [], b""),
            "too-deep",
        ),
        (gguf([value("general.alignment", 4, U32.pack(0))], [], b""), "alignment-wrong"),
        (gguf([value("general.alignment", 4, U32.pack(12))], [], b""), "alignment-wrong"),
        (gguf([value("general.alignment", 10, U64.pack(32))], [], b""), "alignment-wrong"),
        (gguf([value("a.chat_template", 4, bytes(4))], [], b""), "template-malformed"),
        (gguf([value("a.chat_template", 8, U64.pack(1 << 40))], [], b""), "template-too-large"),
        (gguf([], [info("t", [], 0, 0)], b""), "tensor-malformed"),
        (gguf([], [info("t", [1] * 5, 0, 0)], b""), "tensor-malformed"),
        (gguf([], [info("t", [1], 99, 0)], b""), "tensor-type"),
        (gguf([], [info("t", [1 << 62, 1 << 62], 0, 0)], b""), "cut-off"),
        (gguf([], [info("t", [1], 0, 32)], bytes(64)), "tensors-apart"),
        (gguf([], [info("t", [1], 0, 0), info("u", [1], 0, 0)], bytes(32)), "tensors-apart"),
        (gguf([], [info("t", [1], 0, 0)], bytes(31) + b"x"), "padding-used"),
        (gguf([], [info("t", [1], 0, 0)], bytes(33)), "octets-left"),
    ],
)
def test_what_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_work_is_bounded() -> None:
    tokens = value("t", 9, array(8, [text("a")] * 1000))
    assert words(seen(FORMAT, gguf([tokens], [], b""), Budget(operations=500))) == {"too-much-work"}
