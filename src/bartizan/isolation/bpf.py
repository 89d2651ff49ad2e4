"""Programs of the kernel's classic packet filter, as seccomp runs them over a system call.

Rules of this file: pure; a rule becomes bytes, nothing is loaded. A program looks at the machine, then at the
call's number, then at the low half of an argument: every argument that is tested here is an `int`, an
`unsigned int`, or a flag word whose upper half the kernel refuses by itself.
Source: seccomp(2); linux/filter.h; linux/audit.h.
"""

import struct
from collections.abc import Iterable, Sequence

import msgspec

from bartizan.isolation.syscalls import MACHINE, NUMBERS

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32 = 0x40000000  # the x32 twins of x86-64 calls: other numbers for the same calls, so all refused

KILL = 0x80000000
ALLOW = 0x7FFF0000


def refuse(errno: int) -> int:
    """Return the verdict that makes a call fail with this errno, without running it."""
    return 0x00050000 | errno


class Argument(msgspec.Struct, frozen=True):
    """A condition: argument `at` (from 0), masked, equals `value`; 32 bits each."""

    at: int
    value: int
    mask: int = 0xFFFFFFFF


class Rule(msgspec.Struct, frozen=True):
    """A verdict for one call, by name, where all conditions hold; without conditions, always."""

    call: str
    where: tuple[Argument, ...] = ()
    verdict: int = ALLOW


def program(rules: Iterable[Rule], otherwise: int) -> bytes:
    """Return the filter's instructions, eight bytes each: the first rule that fits decides, else `otherwise`.

    Args:
        rules: hot ones first; a call that this machine does not have is left out.
        otherwise: verdict for the rest. Calls of another machine's numbering kill the process.
    Raises:
        KeyError: a call that `syscalls.NUMBERS` does not name.
    """
    code = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, MACHINE),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, KILL),
    ]
    for rule in rules:
        if (number := NUMBERS[rule.call]) is not None:
            code += _block(number, rule)
    code.append((_RETURN, 0, 0, otherwise))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _block(number: int, rule: Rule) -> Sequence[tuple[int, int, int, int]]:
    """Return the instructions of one rule; every way out but its verdict leaves the number loaded again."""
    if not rule.where:
        return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, rule.verdict)]
    tests: list[tuple[int, int, int, int]] = []
    for condition in rule.where:
        tests.append((_LOAD, 0, 0, _ARGUMENTS_AT + 8 * condition.at))
        tests.append((_AND, 0, 0, condition.mask))
        tests.append((_EQUAL, 0, 0, condition.value))
    body = [*tests, (_RETURN, 0, 0, rule.verdict), (_LOAD, 0, 0, _NUMBER_AT)]
    reload = len(body) - 1
    for at, (code, _, _, operand) in enumerate(body):
        if code == _EQUAL:
            body[at] = (code, 0, reload - at - 1, operand)
    return [(_EQUAL, 0, len(body), number), *body]
