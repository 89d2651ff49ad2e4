"""An adversary writes a pickle of letters alone, with an argument that scanners give up at and the unpickler in C reads."""

import pickle

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import Standing

CALL = b"cbuiltins\n%s\n(S'%s'\ntR."
BEFORE = [
    b"I0x1\n0",
    b"I 1\n0",
    b"I1_0\n0",
    b"L0x1L\n0",
    b"L1_0L\n0",
    b"I+1\n0",
    b"F+inf\n0",
    b"FInfinity\n0",
    b"I0o17\n0I0b1\n0",
    b"L 7\n0",
]


@pytest.mark.parametrize("before", BEFORE)
def test_the_unpickler_runs_it_and_it_is_not_inert(before: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    pickle.loads(before + CALL % (b"print", b"it ran"))  # noqa: S301 - it is ours, and prints
    assert capsys.readouterr().out == "it ran\n"
    for name in ("weights", "weights.pkl", "notes", "notes.json", "notes.txt", "README.md", "a.py", "a.csv"):
        octets = Octets(before + CALL % (b"exec", b"1"), name)
        assert looker(known())(octets, Budget()).standing is not Standing.INERT, name


@pytest.mark.parametrize("before", BEFORE)
def test_it_is_found_behind_more_text_than_anybody_looks_at(before: bytes) -> None:
    long = b"V" + b"x" * 100_000 + b"\n0" + before + CALL % (b"exec", b"1")
    assert looker(known())(Octets(long, "notes"), Budget()).standing is not Standing.INERT
