"""Running the pickle machine over a stream: which instruction does what."""

from collections.abc import Callable
from typing import Final

from bartizan.supply.pickles.machine import Machine
from bartizan.supply.pickles.opcodes import OPCODES, STOP

_EACH: Final = 256


def run(machine: Machine) -> None:
    """Read a machine's stream up to STOP.

    Raises:
        Damaged: no unpickler reads it to its end.
        Exhausted: the budget does not reach.
    """
    stream, push, steps = machine.stream, machine.stack.push, 0
    try:
        while True:
            code, value = stream.next()
            steps += 1
            if not steps % _EACH:
                machine.budget.spend(_EACH)
            if code in PUSHES:
                push(value)
            elif code == STOP:
                break
            else:
                HANDLERS[code](machine, value)
    finally:
        machine.faults += stream.faults.values()
    machine.stop()


_PUSHED: Final = """
INT BININT BININT1 BININT2 LONG LONG1 LONG4 STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8
NONE NEWTRUE NEWFALSE UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 FLOAT BINFLOAT
"""
_HANDLED: Final[dict[str, Callable[[Machine, object], None]]] = {
    "MARK": lambda machine, _: machine.stack.mark(),
    "POP": lambda machine, _: machine.stack.drop(),
    "POP_MARK": lambda machine, _: machine.pop_mark(None),
    "DUP": lambda machine, _: machine.stack.dup(),
    "MEMOIZE": lambda machine, _: machine.memoize(None),
    "EMPTY_LIST": Machine.empty_list, "EMPTY_TUPLE": Machine.empty_tuple, "EMPTY_DICT": Machine.empty_dict,
    "EMPTY_SET": Machine.empty_set, "FROZENSET": Machine.make_frozenset, "LIST": Machine.make_list,
    "TUPLE": Machine.make_tuple, "TUPLE1": Machine.make_tuple1, "TUPLE2": Machine.make_tuple2,
    "TUPLE3": Machine.make_tuple3, "DICT": Machine.make_dict, "APPEND": Machine.append, "APPENDS": Machine.appends,
    "ADDITEMS": Machine.additems, "SETITEM": Machine.setitem, "SETITEMS": Machine.setitems,
    "GET": Machine.get, "BINGET": Machine.get, "LONG_BINGET": Machine.get,
    "PUT": Machine.put, "BINPUT": Machine.put, "LONG_BINPUT": Machine.put,
    "GLOBAL": Machine.global_, "STACK_GLOBAL": Machine.stack_global, "REDUCE": Machine.reduce,
    "NEWOBJ": Machine.newobj, "NEWOBJ_EX": Machine.newobj_ex, "INST": Machine.instance, "OBJ": Machine.object_,
    "BUILD": lambda machine, _: machine.build(None), "PERSID": Machine.persid, "BINPERSID": Machine.binpersid,
    "EXT1": Machine.outside, "EXT2": Machine.outside, "EXT4": Machine.outside,
    "NEXT_BUFFER": Machine.outside, "READONLY_BUFFER": Machine.outside,
    "PROTO": Machine.nothing, "FRAME": Machine.nothing,
}  # fmt: skip
_CODES: Final = {each.name: code for code, each in OPCODES.items()}
PUSHES: Final = frozenset(_CODES[each] for each in _PUSHED.split())
"""Opcodes whose argument is what they push."""
HANDLERS: Final = {_CODES[each]: handled for each, handled in _HANDLED.items()}
"""What all others do but STOP."""
