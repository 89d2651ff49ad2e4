"""Pickles without a magic are known by what they do; text that happens to have the letters of instructions is text."""

import pickle

import pytest

from bartizan.supply.formats.pickle_unmarked import knows
from bartizan.supply.octets import Octets


@pytest.mark.parametrize(
    "stream",
    [
        *(pickle.dumps([1, {"a": 2.5}, ("x", None)], protocol) for protocol in (0, 1)),
        pickle.dumps(list(range(5000)), 0),
        b"cos\nsystem\n(S'id'\ntR.",
        b"cos\nsystem\n(S'id'\ntR\xff",
        b"cos\nsystem\n(S'id'",
        b"G12345678.cos\nsystem\n(S'id'\ntR.",
        b"N.cnobodys\nmodule\n.N.",
        b"N.N.N.",
    ],
)
def test_what_runs_as_a_pickle_is_one(stream: bytes) -> None:
    assert knows(Octets(stream))


@pytest.mark.parametrize(
    "text",
    [b"", b"aaaaaaaaaa" * 1000, b"cat\ndog\nbird\n", b"# A model\n", b"Nothing is here.", b"I am text\n", b"{}", b"[1, 2]", b"(a, b)\n", b"Git 1.7.3.5 Release Notes\n\nFixes", b"I.\n2\n.N.x", b"import os\nos.system('id')\n", b"\0" * 64],
)  # fmt: skip
def test_text_is_none(text: bytes) -> None:
    assert not knows(Octets(text))
