"""An adversary uses only modules and names that are allowed, and reaches for what lies behind them."""

import pytest

from bartizan.supply.pickles.reading import Pickle
from bartizan.supply.subject import Standing
from tests.supply.pickles.built import called, framed, mapping, named, reading, text

LIST, ORDERED, DEFAULT = (
    named("builtins", "list"),
    named("collections", "OrderedDict"),
    named("collections", "defaultdict"),
)


def worst(found: Pickle) -> Standing:
    return max((each.standing for each in found.reasons), key=lambda each: each.rank)


@pytest.mark.parametrize(
    "stream",
    [
        framed(named("numpy", "__builtins__") + mapping({"x": b"N"}) + b"b"),
        framed(named("numpy", "dtype.__class__.__bases__")),
        framed(named("collections", "OrderedDict.__init__.__globals__")),
        framed(named("collections", "_sys.modules")),
        framed(named("torch", "serialization.os.system")),
        framed(named("pathlib", "os.system") + text("id") + b"\x85R"),
        framed(named("builtins", "list.__class__") + b")R"),
        framed(named("builtins", "getattr") + LIST + text("__subclasses__") + b"\x86R)R"),
        framed(named("builtins", "getattr") + named("collections", "abc") + text("sys") + b"\x86R"),
        framed(ORDERED + mapping({"__init__": b"N"}) + b"b"),
    ],
)
def test_what_lies_behind_an_allowed_name_is_not_allowed(stream: bytes) -> None:
    assert worst(reading(stream)) is Standing.MALICIOUS


ARRAY = called("numpy._core.multiarray", "_reconstruct", named("numpy", "ndarray"), b"K\0\x85", b"C\1b")[
    11:-1
]


@pytest.mark.parametrize(
    "stream",
    [
        framed(ARRAY + b"K\0N\x73"),  # CVE-2026-24747: items set on what is no dict
        framed(ARRAY + b"(K\0Nu"),
        framed(ARRAY + b"(Ne"),
        framed(ORDERED + b")R(Ne"),
        framed(DEFAULT + ORDERED + text("__setitem__") + b"\x86R"),
        framed(DEFAULT + named("torch.storage", "_load_from_bytes") + b"\x85R"),
        framed(ORDERED + b")R" + mapping({"__class__": b"N"}) + b"b"),
        framed(ORDERED + b")R" + mapping({"keys": named("torch.storage", "_load_from_bytes")}) + b"b"),
        called("torch.storage", "_load_from_bytes", b"C\x0e\x80\x04cos\nsystem\n."),
        called("torch._utils", "_rebuild_parameter", b"N", b"\x88", b"N"),
        called("torch._tensor", "_rebuild_from_type_v2", named("_codecs", "encode"), named("torch", "Tensor"), b")", b"}"),
        called("torch._tensor", "_rebuild_from_type_v2", named("torch._utils", "_rebuild_tensor_v2"), named("builtins", "list"), b")", b"}"),
        called("numpy", "dtype", text("O8"), b"\x89", b"\x88", b"N"),
        called("copyreg", "_reconstructor", named("builtins", "list"), named("builtins", "list"), b"N"),
    ],
)  # fmt: skip
def test_an_allowed_name_is_used_by_its_contract_alone(stream: bytes) -> None:
    found = reading(stream)
    assert found.reasons
    assert worst(found) is not Standing.INERT
