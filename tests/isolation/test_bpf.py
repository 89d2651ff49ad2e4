"""A filter decides as its rules say, whatever the call and its arguments."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from bartizan.isolation.bpf import ALLOW, KILL, Argument, Rule, program, refuse
from bartizan.isolation.syscalls import MACHINE, NUMBERS

EPERM = refuse(1)


def run(code: bytes, machine: int, number: int, arguments: tuple[int, ...]) -> int:
    """Interpret a filter as the kernel does, for the instructions that filters here use."""
    data = struct.pack("=IIQ6Q", number, machine, 0, *arguments)
    accumulator = at = 0
    while True:
        operation, true, false, operand = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x54:
                accumulator &= operand
            case 0x15:
                at += true if accumulator == operand else false
            case 0x35:
                at += true if accumulator >= operand else false
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(hex(operation))


CALLS = sorted(name for name, number in NUMBERS.items() if number is not None)
arguments = st.builds(
    Argument,
    st.integers(0, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0xFFFFFFFF, 4, 0x10000, 0x20000000]),
)
rules = st.lists(
    st.builds(
        Rule,
        st.sampled_from(CALLS),
        st.lists(arguments, max_size=3).map(tuple),
        st.sampled_from([ALLOW, EPERM, refuse(38)]),
    ),
    max_size=90,
)


def expected(wanted: list[Rule], number: int, values: tuple[int, ...]) -> int:
    for rule in wanted:
        fits = all((values[c.at] & 0xFFFFFFFF & c.mask) == c.value for c in rule.where)
        if NUMBERS[rule.call] == number and fits:
            return rule.verdict
    return EPERM


@given(rules, st.data(), st.tuples(*[st.integers(0, 2**64 - 1)] * 6))
def test_the_first_rule_that_fits_decides(
    wanted: list[Rule], data: st.DataObject, values: tuple[int, ...]
) -> None:
    number = data.draw(st.one_of(st.integers(0, 500), st.sampled_from([NUMBERS[c] or 0 for c in CALLS])))
    for rule in wanted:
        for condition in rule.where:
            if data.draw(st.booleans()):
                values = (*values[: condition.at], condition.value, *values[condition.at + 1 :])
    assert run(program(wanted, EPERM), MACHINE, number, values) == expected(wanted, number, values)


@given(rules, st.integers(0, 2**32 - 1))
def test_another_machines_numbering_kills(wanted: list[Rule], machine: int) -> None:
    code = program(wanted, ALLOW)
    if machine != MACHINE:
        assert run(code, machine, 0, (0,) * 6) == KILL


@given(rules, st.integers(0x40000000, 2**32 - 1))
def test_x32_twins_of_calls_kill(wanted: list[Rule], number: int) -> None:
    assert run(program(wanted, ALLOW), MACHINE, number, (0,) * 6) == KILL
