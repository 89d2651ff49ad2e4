"""Pickles: what our machine calls inert, both of CPython's unpicklers load, naming nothing that has no contract.

An unpickler here finds nothing that is not allowed by its name, so that no input can run anything.
"""

import _pickle
import io
import pickle
from collections.abc import Callable

from typing_extensions import override

from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.contracts import allowed
from bartizan.supply.pickles.reading import read
from fuzz.target import Target

_BUILTIN = {name for module, name in allowed() if module == "builtins"} - {"bytearray", "bytes", "object"}


def run(data: bytes) -> str:
    try:
        found = read(memoryview(data), Budget(operations=200_000))
    except Exhausted:
        return "exhausted"
    if not found.inert:
        worst = max(found.reasons, key=lambda each: each.standing.rank)
        assert worst.standing.rank
        return worst.word
    if found.globals - {("builtins", name) for name in _BUILTIN}:
        return "inert, of more than plain types"
    values = [_loaded(data, load) for load in _BOTH]
    try:
        assert repr(values[0]) == repr(values[1])
    except RecursionError:
        return "inert, and deep"
    return "inert"


def _loaded(data: bytes, load: Callable[[bytes], object]) -> object:
    try:
        return load(data)
    except UnicodeDecodeError:
        return None  # text of Python 2, of which a loader is told the alphabet


class _InC(_pickle.Unpickler):
    @override
    def find_class(self, module: str, name: str) -> object:
        return _found(module, name)


class _InPython(pickle._Unpickler):
    @override
    def find_class(self, module: str, name: str) -> object:
        return _found(module, name)


def _found(module: str, name: str) -> object:
    assert module in {"builtins", "__builtin__"}
    plain = {"xrange": range, "unicode": str, "long": int, "basestring": str}
    types = (bool, complex, dict, float, frozenset, int, list, range, set, slice, str, tuple)
    known = {each.__name__: each for each in types} | {"Ellipsis": ..., "NotImplemented": NotImplemented}
    return {**plain, **known}[name]


_BOTH: tuple[Callable[[bytes], object], ...] = (
    lambda data: _InC(io.BytesIO(data)).load(),
    lambda data: _InPython(io.BytesIO(data)).load(),
)
_VALUES: tuple[object, ...] = (
    [1, "a", b"b", None, True, 1.5, 2**80],
    {"k": {1, 2}, (1, "x"): frozenset({3}), "l": [[], (), (1, 2, 3, 4)]},
    [complex(1, 2), range(3), slice(1, 2), int],
)
_CALL = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."
TARGET = Target(
    modules=(
        "bartizan.supply.pickles.arguments", "bartizan.supply.pickles.opcodes", "bartizan.supply.pickles.stack", "bartizan.supply.pickles.machine",
        "bartizan.supply.pickles.measure", "bartizan.supply.pickles.reading", "bartizan.supply.pickles.contracts.python", "bartizan.supply.pickles.contracts.numpy",
    ),
    run=run,
    seeds=(
        *(pickle.dumps(value, protocol) for value in _VALUES for protocol in (0, 2, 4)),
        _CALL,
        b"\x80\x03cnumpy\ndtype\nX\2\0\0\0f8\x89\x88\x87R(K\3X\1\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb.",
        b"\x80\x02ccollections\nOrderedDict\n)R}X\x09\0\0\0_metadataNsb.",
    ),
    words=(
        b"\x80\x04", b"\x95\3\0\0\0\0\0\0\0", b"cos\nsystem\n", b"cbuiltins\nset\n", b"c__builtin__\nxrange\n", b"\x8c\x08builtins\x8c\3int\x93", b")R", b"\x85R", b"}(", b"](", b"e", b"u", b"s",
        b"a", b"b", b"t", b"\x94", b"h\0", b"q\0", b"p1\n", b"g1\n", b"I01\n", b"L7L\n", b"F1.5\n", b"S'a'\n", b"V\\u0041\n", b"\x8a\1\x7f", b"\x8f(", b"\x90", b"\x91", b"2", b"0", b"1", b".",
    ),
)  # fmt: skip
