"""ONNX: operators of the standard, wherever they stand; tensors within, or in a file beside."""

import pytest

from bartizan.supply.formats.onnx import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words
from tests.supply.formats.wired import entry, external, node, num, onnx, onnx_model, sub, tensor, varint

CUSTOM = node("Evil", domain="com.evil")


def test_a_model_with_a_subgraph_and_a_function_is_inert() -> None:
    assert seen(FORMAT, onnx_model()).reasons == ()


@pytest.mark.parametrize(
    "octets",
    [
        onnx(CUSTOM),
        onnx(node("If", sub(5, sub(1, "then_branch"), sub(6, CUSTOM)))),
        onnx(node("Scan", sub(5, sub(1, "body"), sub(11, node("If", sub(5, sub(6, CUSTOM))))))),
        onnx(node("F", domain="l"), after=sub(25, sub(1, "F"), CUSTOM.replace(b"\n", b":", 1), sub(10, "l"))),
        onnx(node("Relu"), after=sub(20, sub(2, CUSTOM))),
        onnx(node("PythonOp", domain="com.microsoft")),
        onnx(sub(1, sub(2, "Y"), sub(7, "com.evil"))),
        onnx(node("EPContext", domain="com.microsoft")),
        onnx(node("F", domain="l"), after=sub(25, sub(1, "F"), sub(10, "other"))),
    ],
)
def test_an_operator_from_elsewhere_needs_a_person_wherever_it_stands(octets: bytes) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.CODE, {"operator-custom"})


def test_operators_of_the_runtime_that_only_compute_are_inert() -> None:
    assert seen(FORMAT, onnx(node("FusedMatMul", domain="com.microsoft"))).reasons == ()


def test_settings_of_the_runtime_need_a_person() -> None:
    read = seen(FORMAT, onnx(node("Relu"), after=entry(14, "ort_config", "{}")))
    assert (read.standing, words(read)) == (Standing.CODE, {"runtime-configured"})


def test_a_tensor_in_a_file_beside_is_told_and_no_fault() -> None:
    read = seen(FORMAT, onnx(sub(5, external("data/w.bin", offset="0", length="8"))))
    assert read.standing is Standing.INERT
    assert [(each.word, each.member) for each in read.reasons] == [("external-data", "data/w.bin")]


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../w", "a/../../w", "a/./w", "a//w", "a/", "C:\\w", "\\\\host\\w", "~/w", "$HOME/w", "w\0", "w\n", "", " ",
     "..", "a/.. /w", "*/_ORT_MEM_ADDR_/*", "file:///etc/passwd", "w" * 2000],
)  # fmt: skip
def test_a_tensor_elsewhere_than_beside_is_malicious_wherever_it_stands(location: str) -> None:
    held = external(location)
    constant = node("Constant", sub(5, sub(1, "value"), sub(5, held)))
    sparse = sub(15, sub(1, held), sub(2, tensor(kind=7, dims=(2,))))
    for octets in (onnx(sub(5, held)), onnx(constant), onnx(sparse)):
        read = seen(FORMAT, octets)
        assert read.standing is Standing.MALICIOUS
        assert "external-data-outside" in words(read)


@pytest.mark.parametrize(
    "held",
    [
        external("w", entry(13, "location", "/etc/passwd")),
        external("w", basepath="/etc"),
        external("w", offset="-1"),
        external("w", length="²"),
        external("w", sub(9, b"x")),
        num(1, 1) + num(14, 1),
        external("w").removesuffix(num(14, 1)),
    ],
)
def test_a_tensor_elsewhere_that_has_two_readings_is_not_understood(held: bytes) -> None:
    assert words(seen(FORMAT, onnx(sub(5, held)))) == {"external-data-malformed"}


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (onnx(node("Relu"), after=num(99, 1)), "field-unknown"),
        (onnx(node("Relu"), after=sub(7, CUSTOM)), "field-twice"),
        (onnx(node("Relu"), after=sub(5, b"")), "field-malformed"),
        (onnx(node("Relu"), after=num(3, 1)), "field-malformed"),
        (onnx(node("Relu"), after=varint(3 << 3 | 3)), "field-malformed"),
        (onnx(node("Relu"), after=varint(5 << 3) + b"\x80\x00"), "number-malformed"),
        (onnx(node("Relu"), after=varint(5 << 3) + b"\xff" * 9 + b"\x7f"), "number-malformed"),
        (onnx(node("Relu"), after=varint(5 << 3) + b"\xff" * 11), "number-malformed"),
        (onnx(node("Relu"), after=sub(3, b"\xff")), "not-text"),
        (onnx(sub(5, sub(1, b"\x80"))), "number-malformed"),
        (onnx(sub(5, sub(4, b"\x80"))), "number-malformed"),
        (onnx(sub(5, sub(7, b"\xff" * 10 + b"\1"))), "number-malformed"),
        (onnx(sub(5, tensor(data=bytes(15)))), "tensor-size"),
        (num(1, 10) + sub(2, "producer"), "part-missing"),
        (onnx(node("Relu"))[:-3], "cut-off"),
        (onnx(sub(1, b"\x0a\x05")), "field-astray"),
        (onnx(node("Relu"), after=sub(20, b"") + sub(14, varint(1 << 3 | 2) + b"\1")), "field-astray"),
    ],
)
def test_what_is_not_exact_is_not_understood(octets: bytes, word: str) -> None:
    read = seen(FORMAT, octets)
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {word})


def test_depth_and_work_are_bounded() -> None:
    deep = b""
    for _ in range(40):
        deep = node("If", sub(5, sub(6, deep)))
    assert words(seen(FORMAT, onnx(deep))) == {"too-deep"}
    assert words(seen(FORMAT, onnx(node("Relu") * 1000), Budget(operations=5000))) == {"too-much-work"}


def test_only_a_version_of_the_standard_begins_one() -> None:
    assert not FORMAT.knows(Octets(onnx(version=1)))
    assert not FORMAT.knows(Octets(b"\x08\x0a"))
