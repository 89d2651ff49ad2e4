"""Python's own types: what their picklers write is inert by every protocol; the same names called otherwise are not."""

import argparse
import collections
import datetime as dt
import decimal
import fractions
import pathlib
import pickle
import types
import uuid

import pytest

from bartizan.supply.pickles.values import Made, Table
from bartizan.supply.subject import Standing
from tests.supply.pickles.built import called, framed, mapping, named, reading, text, words

HOUR = dt.timedelta(hours=1)
DATA = [
    {1, 2}, frozenset({3}), b"", b"a\xff", bytearray(b"x"), 1 + 2j, slice(1, 2, None), range(3), 2**70, "é\n\\\x00", int, dict,
    collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("aab"), collections.deque([1, 2], 3),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.date(2020, 1, 1), dt.time(1, 2), HOUR,
    dt.timezone(HOUR, "x"), decimal.Decimal("-1.5E+3"), fractions.Fraction(1, 3), uuid.UUID(int=5),
    pathlib.PurePosixPath("/a/b"), argparse.Namespace(a=1), types.SimpleNamespace(b=2), ..., NotImplemented,
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", DATA, ids=lambda value: type(value).__name__)
def test_what_a_pickler_writes_of_data_is_inert(value: object, protocol: int) -> None:
    assert reading(pickle.dumps([value, value], protocol)).reasons == ()


def test_what_is_built_can_be_walked() -> None:
    root = reading(pickle.dumps({"a": collections.OrderedDict(b=[1, 2])}, 4)).root
    assert isinstance(root, Table)
    ((key, made),) = root.pairs
    assert key == "a"
    assert isinstance(made, Made)
    assert (made.of.module, made.of.name, made.items) == ("collections", "OrderedDict", [("b", [1, 2])])


BOMB = b"\x8a\x06\0\0\0\0\0\x10"


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (called("builtins", "bytearray", BOMB), "call-refused"),
        (called("builtins", "bytes", BOMB), "call-refused"),
        (called("builtins", "list", b"K\1"), "call-refused"),
        (called("fractions", "Fraction", text("1e999999999")), "call-refused"),
        (called("decimal", "Decimal", text("1" * 9 + "e9999999999")), "call-refused"),
        (called("builtins", "range", b"K\0K\1K\0"), "call-refused"),
        (called("datetime", "datetime", b"C\x0b" + bytes(11)), "call-refused"),
        (called("datetime", "datetime", b"C\x0a" + bytes(10), text("zone")), "call-refused"),
        (called("collections", "OrderedDict", b"](K\1e"), "call-refused"),
        (called("collections", "Counter", b"](K\1e"), "call-refused"),
        (called("_codecs", "encode", text("a"), text("rot13")), "call-refused"),
        (called("_codecs", "encode", text("漢"), text("latin1")), "call-refused"),
        (called("pathlib", "PosixPath", b"K\1"), "call-refused"),
        (called("uuid", "UUID"), "call-refused"),
        (called("copyreg", "_reconstructor", named("collections", "deque"), named("builtins", "object"), b"N"), "call-refused"),
        (framed(named("builtins", "set") + b")\x81"), "call-refused"),
        (framed(named("argparse", "Namespace") + b")}\x92"), ""),
        (framed(named("argparse", "Namespace") + b")" + mapping({"a": b"N"}) + b"\x92"), "call-refused"),
        (framed(named("argparse", "Namespace") + b")\x81" + mapping({"__class__": b"N"}) + b"b"), "state-refused"),
        (framed(named("argparse", "Namespace") + b")\x81N" + mapping({"a": b"N"}) + b"\x86b"), "state-refused"),
        (framed(named("uuid", "UUID") + b")\x81" + mapping({"int": text("x")}) + b"b"), "state-refused"),
        (framed(named("collections", "OrderedDict") + b")R" + mapping({"items": b"N"}) + b"b"), "state-refused"),
        (framed(named("collections", "OrderedDict") + b")R}b"), ""),
    ],
)  # fmt: skip
def test_a_name_is_allowed_as_its_pickler_calls_it_and_not_otherwise(octets: bytes, word: str) -> None:
    assert words(reading(octets).reasons) == ([word] if word else [])


def test_a_factory_that_is_no_plain_type_is_refused() -> None:
    plain = named("builtins", "list")
    encode = named("_codecs", "encode")
    assert reading(framed(named("collections", "defaultdict") + plain + b"\x85R")).reasons == ()
    assert words(reading(framed(named("collections", "defaultdict") + encode + b"\x85R")).reasons) == [
        "call-refused"
    ]


def test_a_class_of_someone_as_factory_is_told_once_and_as_what_it_is() -> None:
    found = reading(framed(named("collections", "defaultdict") + named("sklearn.tree", "Tree") + b"\x85R"))
    assert [each.standing for each in found.reasons] == [Standing.CODE]
