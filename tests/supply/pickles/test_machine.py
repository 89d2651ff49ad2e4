"""The machine: what each instruction demands, frames and memos, and what a stream may not do to what it made."""

import pickle
import struct

import pytest

from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.reading import read
from bartizan.supply.subject import Standing
from tests.supply.pickles.built import called, framed, mapping, named, reading, text, words


def frame(size: int) -> bytes:
    return b"\x95" + struct.pack("<Q", size)


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"\x80\x04", b"\x80\x06N.", b"\x80\x04N", b"\x80\x04\xffN.", b"\x80\x04.", b"\x80\x04(.", b"\x80\x04h\0.", b"\x80\x04g-1\n.", b"p0\n.",
        b"\x80\x04t.", b"\x80\x04K\1s.", b"\x80\x04(K\1\x85\x86.", b"\x80\x04}(K\1u.", b"(K\1d.", b"\x80\x04\x8a\2\1.", b"\x80\x02\x8b\xff\xff\xff\xff.",
        b"\x80\x04X\xff\xff\xff\x7fa.", b"\x80\x04X\1\0\0\0\xff.", b"\x80\x04\x8d" + b"\xff" * 8 + b".", b"I1_0\n.", b"I 1\n.", b"I+1\n.", b"I1", b"L1l\n.",
        b"F1_0.0\n.", b"F 1\n.", b"F1e999\n.", b"Sa\n.", b"S'a\\q'\n.", b"S'a\n.", b"V\\u12\n.", b"c\nset\n.", b"cbuiltins\n\n.", b"\x80\x04K\1K\1\x93.",
        b"\x80\x04" + frame(1 << 40) + b"N.", b"\x80\x04N" + b"r\xff\xff\xff\x7f.", b"N" + b"p99999999\n.", b"\x80\x04(o.",
    ],
)  # fmt: skip
def test_what_no_unpickler_reads_or_not_all_alike_is_damaged(octets: bytes) -> None:
    found = reading(octets)
    assert not found.whole
    assert all(each.standing is Standing.UNKNOWN for each in found.reasons)


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"\x80\x04" + frame(3) + b"K\1." + b"", ""),
        (b"\x80\x04" + frame(2) + b"K\1" + frame(1) + b".", ""),
        (b"\x80\x04" + frame(2) + b"K\1.", ""),
        (b"\x80\x04" + frame(1) + b"K\1.", "frame-straddled"),
        (b"\x80\x04" + frame(4) + b"K\1." + b"N", "frame-straddled"),
        (b"\x80\x04" + frame(12) + b"K\1" + frame(1) + b".", "frame-in-frame"),
        (b"\x80\x04" + frame(0) + b"K\1.", "frame-odd"),
        (b"\x80\x02" + frame(3) + b"K\1.", "frame-odd"),
        (b"\x80\x04K\1\x80\x04.", "proto-inside"),
        (b"\x80\x02\x8c\1a.", "opcode-above-protocol"),
        (b"\x8f.", "opcode-above-protocol"),
        (b"\x80\x04K\1K\2.", "left-on-stack"),
        (b"\x80\x04(K\1.", "left-on-stack"),
        (b"\x80\x04K\1q\0q\0.", "memo-rewritten"),
        (b"\x80\x02\x82\1.", "outside"),
        (b"\x80\x05C\1a\x98.", "outside"),
        (b"\x80\x05\x97.", "outside"),
        (b"Pa\n.", "persistent-id"),
        (b"\x80\x04K\1Q.", "persistent-id"),
        (b"(cbuiltins\nset\no.", "call-refused"),
        (b"(icollections\nOrderedDict\n.", "call-refused"),
    ],
)  # fmt: skip
def test_frames_and_what_stands_around_a_value_are_as_picklers_write_them(octets: bytes, word: str) -> None:
    found = words(reading(octets).reasons)
    assert word in found if word else not found


@pytest.mark.parametrize(
    "octets",
    [
        framed(b"K\1)R"),
        framed(b"K\1}b"),
        framed(b"]}b"),
        framed(b"}K\1K\2sK\1a"),
        framed(b"]K\1K\2s"),
        framed(b"]\x8f(]\x90"),
        framed(b"](K\1\x90"),
        framed(b"}](K\1e\x85K\1s"),
        framed(named("builtins", "list") + b"K\1a"),
        framed(named("builtins", "dict") + b"K\1K\2s"),
        framed(called("pathlib", "PosixPath")[11:-1] + b"K\1K\2s"),
        framed(called("numpy._core.multiarray", "_reconstruct", named("numpy", "ndarray"), b"K\0\x85", b"C\1b")[11:-1] + b"K\0K\1s"),
        framed(named("builtins", "set") + b"K\1R"),
        framed(named("builtins", "set") + b"](K\1e" + b"R"),
    ],
)  # fmt: skip
def test_targets_of_calls_states_and_items_are_checked(octets: bytes) -> None:
    found = reading(octets)
    assert {each.word for each in found.reasons} & {
        "call-refused",
        "state-refused",
        "target-refused",
        "key-refused",
    }


def test_a_state_for_a_global_changes_it_for_the_process_and_is_malicious() -> None:
    found = reading(framed(named("builtins", "list") + mapping({"append": b"N"}) + b"b"))
    assert [each.standing for each in found.reasons] == [Standing.MALICIOUS]


def test_hooks_that_are_empty_when_a_tensor_is_made_cannot_be_filled_later() -> None:
    hooks = named("collections", "OrderedDict") + b")R\x94"
    tensor = (
        named("torch._utils", "_rebuild_meta_tensor_no_storage")
        + b"("
        + named("torch", "float32")
        + b"K\2\x85K\1\x85\x89tR"
    )
    parameter = named("torch._utils", "_rebuild_parameter") + b"(" + tensor + b"\x88h\0tR"
    assert reading(framed(hooks + b"0" + parameter)).reasons == ()
    filled = framed(b"(" + hooks + parameter + b"h\0K\1N\x73tR"[:-2] + b"t")
    assert words(reading(filled).reasons) == ["target-refused"]


def test_names_are_text_of_the_stream_and_never_computed() -> None:
    joined = named("builtins", "str") + text("x") + b"\x85R"
    found = reading(framed(joined + text("system") + b"\x93"))
    assert "name-computed" in words(found.reasons)
    assert found.reasons[-1].standing is Standing.MALICIOUS


@pytest.mark.parametrize("module", ["os", "bdb.Bdb"])
def test_an_attribute_that_is_taken_by_name_is_judged_as_a_dotted_name(module: str) -> None:
    root, _, name = module.partition(".")
    base = named(root, name or "path")
    found = reading(framed(named("builtins", "getattr") + base + text("run") + b"\x86R"))
    assert any(each.standing is Standing.MALICIOUS for each in found.reasons)


def test_the_worst_that_is_named_is_found_behind_what_is_only_unknown() -> None:
    stream = framed(named("somebody", "Thing") + b")R}b0" + named("os", "system") + b"0N")
    assert [each.standing for each in reading(stream).reasons] == [Standing.UNKNOWN, Standing.MALICIOUS]


def test_what_stands_before_damage_is_told() -> None:
    found = reading(framed(named("os", "system") + text("true") + b"\x85R")[:-1] + b"\xff")
    assert found.reasons[0].standing is Standing.MALICIOUS
    assert not found.whole


@pytest.mark.parametrize("protocol", range(6))
def test_each_cut_of_a_pickle_is_not_inert(protocol: int) -> None:
    whole = pickle.dumps({"a": [1, 2.5, "x", b"y", {3}]}, protocol)
    assert reading(whole).inert
    assert not any(reading(whole[:size]).inert for size in range(len(whole)))


def test_each_instruction_and_each_thing_that_is_kept_costs() -> None:
    for octets in (
        b"\x80\x04" + b"N0" * 5000 + b"N.",
        b"\x80\x04" + b"]0" * 700 + b"N.",
        b"\x80\x04N" + b"\x94" * 700 + b".",
    ):
        with pytest.raises(Exhausted):
            read(memoryview(octets), Budget(operations=5000))


def test_looking_at_the_same_long_argument_again_costs_each_time() -> None:
    again = b"".join(b"h\x01h\x00\x85R0" for _ in range(200))
    stream = b"\x80\x04](" + b"K\1" * 2000 + b"e\x940" + named("builtins", "set") + b"\x940" + again + b"N."
    assert reading(stream).inert
    with pytest.raises(Exhausted):
        read(memoryview(stream), Budget(operations=300_000))
