"""An adversary writes a stream that scanners read in one way and an unpickler runs in another."""

import pickle
import struct

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import framed, named, reading, text

CALL = named("os", "system") + text("id") + b"\x85R"
OLD = b"cos\nsystem\nX\2\0\0\0id\x85R"


def looked(stream: bytes, name: str = "m.pkl") -> ModelFile:
    return looker(known())(Octets(stream, name), Budget())


@pytest.mark.parametrize(
    "stream",
    [
        framed(CALL + b"0N"),  # the result is dropped, so that no tree shows the call
        framed(named("os", "system") + b"\x940" + b"(h\0" + text("id") + b"o0N"),
        framed(CALL + b"\x940h\0" + b"0N"),  # from the memo, once more
        framed(text("os") + b"\x94" + text("system") + b"\x9400h\0h\1\x93" + text("id") + b"\x85R"),
        b"\x80\x04" + CALL,  # nothing after the call: it has run by then
        b"\x80\x04" + CALL + b"\xff\xff",
        framed(CALL + b"]" + b"N\x90"),  # a wrong type after the call
        framed(CALL + b"h\x63"),  # a memo that is not there
        pickle.dumps([1, 2, 3]) + framed(CALL),  # the second of a row
        pickle.dumps([1]) + OLD + b".",
        OLD + b".",
        b"(S'id'\nios\nsystem\n.",
        b"\x80\x04\x95" + struct.pack("<Q", 3) + b"K\1.\x80\x04" + CALL + b".",
        b"\x80\x02" + OLD + b"0N.",
        b"\x80\x04" + named("os", "system") + b"\x85}b" + CALL + b".",
    ],
)
def test_a_call_is_seen_wherever_it_stands(stream: bytes) -> None:
    file = looked(stream)
    assert file.standing is Standing.MALICIOUS
    assert any("os.system" in each.what for each in file.reasons)


def framed_as(body: bytes, said: int) -> bytes:
    return b"\x80\x04\x95" + struct.pack("<Q", said) + body


@pytest.mark.parametrize("said", range(1, 40))
def test_a_frame_that_ends_within_an_instruction_hides_nothing(said: int) -> None:
    body = b"C\x20" + CALL.ljust(31, b"0") + b"0" + CALL + b"0N."
    file = looked(framed_as(body, said))
    assert file.standing is Standing.MALICIOUS


@pytest.mark.parametrize(
    "stream",
    [
        framed_as(b"C\x08AAAAAAAA.", 5),  # across the end of a frame: python/cpython issue 154848
        framed_as(b"K\1" + b"\x95" + struct.pack("<Q", 1) + b".", 12),
        framed_as(b"K\1.", 2) + b"\x95" + bytes(8),
        b"\x80\x04K\1\x95" + struct.pack("<Q", 100) + b".",
        b"\x80\x04\x8c\1a\x8c\1b\x86.N",
        b"\x80\x04K\1\x80\x02.",
        b"I010\n.",
        b"\x80\x04" + text("o") + text("s") + b"\x86.\x80",
        framed(named("builtins", "str") + b"](" + text("o") + text("s") + b"e\x85R"),
    ],
)
def test_what_is_read_in_two_ways_is_never_inert(stream: bytes) -> None:
    assert looked(stream).standing is Standing.UNKNOWN


def test_a_name_that_is_put_together_while_loading_is_malicious() -> None:
    joined = (
        named("builtins", "getattr")
        + text("")
        + text("join")
        + b"\x86R]("
        + text("o")
        + text("s")
        + b"e\x85R"
    )
    found = reading(framed(joined + text("system") + b"\x93" + text("id") + b"\x85R"))
    assert "name-computed" in {each.word for each in found.reasons}
    assert max(each.standing.rank for each in found.reasons) == Standing.MALICIOUS.rank
