"""Whatever an unpickler comes to name, the loose reading names too; text that no unpickler runs is left alone."""

import contextlib
import io
import pickle
import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.loose import names


def named(octets: bytes) -> list[tuple[str, str]]:
    return list(names(memoryview(octets), Budget()))


class Recorded(pickle.Unpickler):
    """The unpickler in C; it finds every module and imports none."""

    found: list[tuple[str, str]]

    @override
    def find_class(self, module: str, name: str) -> object:
        self.found.append((module, name))
        return list


def found(octets: bytes) -> Iterable[tuple[str, str]]:
    unpickler = Recorded(io.BytesIO(octets))
    unpickler.found = []
    with contextlib.suppress(Exception):
        unpickler.load()
    return unpickler.found


ODD = [
    "0x1",
    "1_0",
    " 1",
    "+1",
    "1 ",
    "0b1",
    "0o7",
    "00",
    "01",
    "1L",
    "0x1L",
    "-0",
    "inf",
    "NaN",
    "1e5",
    ".5",
    "'a'",
    '"\\q"',
    "'",
    "",
    "a",
    "\uff11",
]
LINES = st.builds("{}{}\n".format, st.sampled_from("ILFSVPgp"), st.sampled_from(ODD))
PLAIN = st.sampled_from(
    ["(", "0", "1", "2", "l", "t", "d", "N", "a", "s", "]", "}", ")", ".", "Kx", "U\x01a", "\x88", "R", "b"]
)
NAMES = st.sampled_from(["cos\nsystem\n", "ios\nsystem\n", "ca b\nc\n"])


@pytest.mark.property
@given(st.lists(st.one_of(LINES, PLAIN, NAMES), max_size=12).map(lambda parts: "".join(parts).encode()))
def test_what_an_unpickler_names_is_named(octets: bytes) -> None:
    before = len(sys.modules)
    reached = [each for each in found(octets) if each[0] == "os"]
    assert set(reached) <= set(named(octets)) or b"ca b\n" in octets
    assert len(sys.modules) >= before


@pytest.mark.parametrize(
    "octets",
    [
        b"I0x1\n0cos\nsystem\n",
        b"L1_0L\n0cos\nsystem\n",
        b"V" + b"x" * 10_000 + b"\n0cos\nsystem\n",
        b"N.I0x1\n0cos\nsystem\n",
    ],
)
def test_a_name_behind_an_argument_that_the_strict_reading_refuses(octets: bytes) -> None:
    assert ("os", "system") in named(octets)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# words\n",
        b"cat dog\nbird\n",
        b"I am text\ncos\nsystem\n",
        b"import os\n",
        b"clear all\nb\n",
        b"cos",
        b"cos\nsystem",
        b"c\xff\nx\n",
    ],
)
def test_text_names_nothing(text: bytes) -> None:
    assert named(text) == []


def test_names_that_stand_elsewhere_are_told_without_one() -> None:
    assert named(b"X\2\0\0\0osX\2\0\0\0id\x93") == [("", "")]


def test_a_line_without_end_is_work() -> None:
    with pytest.raises(Exhausted):
        list(names(memoryview(b"V" + b"x" * 1_000_000), Budget(operations=1000)))
