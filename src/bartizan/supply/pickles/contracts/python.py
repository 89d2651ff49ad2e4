"""Contracts of Python's own types: what their picklers write, and nothing more.

Rules of this file: a class is named for its instances; to call it with other than what its `__reduce__` gives is refused, since
`bytearray(10**12)` and `Fraction("1e999999999")` are calls too.
Source: CPython, the `__reduce__`, `__reduce_ex__` and `__getstate__` of each type, protocols 0 to 5.
"""

import re
from collections.abc import Callable
from typing import Final

from bartizan.supply.pickles.values import (
    Blob,
    Contract,
    Global,
    Made,
    Refused,
    Table,
    hashable,
    is_octets,
)

Arguments = tuple[object, ...]
Call = Callable[[Global, Arguments], object]
_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:[0-9]{1,4096}(?:\.[0-9]{0,4096})?|\.[0-9]{1,4096})(?:[Ee][+-]?[0-9]{1,9})?|Infinity|s?NaN[0-9]{0,99})"
)
_RATIO: Final = re.compile(r"-?[0-9]{1,4096}(?:/[0-9]{1,4096})?")
_LATIN: Final = frozenset({"latin1", "latin-1"})
_MOST_BITS: Final = 1 << 13


def made(of: Global, arguments: Arguments) -> Made:
    """Return an instance made with these arguments."""
    return Made(of, arguments)


def taking(*kinds: type | tuple[type, ...], least: int | None = None) -> Call:
    """Return a call that takes arguments of just these types in this order; a bool is no int.

    Args:
        kinds: one a place.
        least: how many of them must be there; None for all.
    """
    fewest = len(kinds) if least is None else least

    def call(of: Global, arguments: Arguments) -> object:
        if not fewest <= len(arguments) <= len(kinds):
            raise Refused(f"is called with {len(arguments)} arguments")
        for value, kind in zip(arguments, kinds, strict=False):
            allowed = kind if isinstance(kind, tuple) else (kind,)
            if type(value) not in allowed:
                raise Refused("is called with an argument of another type")
        return Made(of, arguments)

    return call


_ROW: Final = (list, tuple)
_NONE: Final = type(None)


def _items(value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise Refused("is made of something other than a list")
    return list(value)


def _set(of: Global, arguments: Arguments) -> object:
    """Return a set made of a list, as protocols before 4 write it."""
    if len(arguments) > 1:
        raise Refused("is called with more than a list")
    items = _items(arguments[0]) if arguments else []
    if not all(map(hashable, items)):
        raise Refused("has a member that no set of data has")
    return Made(of, (), items)


def _bytes(of: Global, arguments: Arguments) -> object:
    if arguments:
        raise Refused("is called with arguments; only no octets at all are written so")
    return b"" if of.name == "bytes" else Made(of)


def _bytearray(of: Global, arguments: Arguments) -> object:
    match arguments:
        case () | (bytes(),):
            return Made(of, arguments)
        case (str() as text, str() as alphabet) if alphabet in _LATIN and _narrow(text):
            return Made(of, (text.encode("latin-1"),))
        case (Blob() as one,) if is_octets(one):
            return Made(of, arguments)
        case (Blob(kind="text", narrow=True) as one, str() as alphabet) if alphabet in _LATIN:
            return Made(of, (_encoded(one),))
        case _:
            pass
    raise Refused("is made of something other than octets")


def _encoded(text: Blob) -> Blob:
    return Blob(text.start, text.size, text.kind, text.length, encoded=True)


def _narrow(text: str) -> bool:
    return text.isascii() or max(text) <= "\xff"


def _encode(_of: Global, arguments: Arguments) -> object:
    """Return the octets that protocols before 3 write as text."""
    match arguments:
        case (str() as text, str() as alphabet) if alphabet in _LATIN and _narrow(text):
            return text.encode("latin-1")
        case (Blob(kind="text", narrow=True, encoded=False) as text, str() as alphabet) if alphabet in _LATIN:
            return _encoded(text)
        case _:
            pass
    raise Refused("is called with other than text in Latin-1")


def _span(of: Global, arguments: Arguments) -> object:
    if len(arguments) != 3 or not all(type(each) in {int, _NONE} for each in arguments):  # noqa: PLR2004 - start, stop, step
        raise Refused("is called with other than three numbers")
    if of.name == "range" and (None in arguments or arguments[2] == 0):
        raise Refused("is called with other than three numbers")
    return Made(of, arguments)


FACTORIES: Final = frozenset({"bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})  # fmt: skip
"""Types whose empty instance a defaultdict may give."""


def _defaultdict(of: Global, arguments: Arguments) -> object:
    match arguments:
        case () | (None,):
            return Made(of, arguments)
        case (Global(module="builtins", name=name),) if name in FACTORIES:
            return Made(of, arguments)
        case (Global(module="collections", name=name),) if name in {"OrderedDict", "Counter"}:
            return Made(of, arguments)
        case _:
            pass
    raise Refused("has a factory that is no plain type")


def _ordered(of: Global, arguments: Arguments) -> object:
    """Return an OrderedDict: empty, or of a list of pairs as Python 2 writes it."""
    if not arguments:
        return Made(of)
    pairs: list[object] = []
    for each in _items(arguments[0]):
        row = _items(each)
        if len(row) != 2 or not hashable(row[0]):  # noqa: PLR2004 - a key and a value
            raise Refused("is made of other than pairs")
        pairs.append((row[0], row[1]))
    if len(arguments) != 1:
        raise Refused("is called with more than pairs")
    return Made(of, (), pairs)


def _ordered_state(one: Made, state: object) -> None:
    """Take the versions of layers that PyTorch keeps beside a state dict, and nothing that could stand for a method."""
    if not isinstance(state, Table) or any(key != "_metadata" for key in _keys(state)):
        raise Refused("has attributes that no pickler of data gives it")
    one.state = state


def _keys(table: Table) -> list[str]:
    keys = [key for key, _ in table.pairs if type(key) is str]
    if len(keys) != len(table.pairs):
        raise Refused("has attributes without a name")
    return keys


def _counter(of: Global, arguments: Arguments) -> object:
    match arguments:
        case ():
            return Made(of)
        case (Table(pairs=pairs),):
            return Made(of, (), list(pairs))
        case _:
            pass
    raise Refused("is made of something other than a dict")


def _deque(of: Global, arguments: Arguments) -> object:
    match arguments:
        case () | ((),) | ([],):
            return Made(of, arguments)
        case (list() | tuple() as items, int() | None as longest) if longest is None or longest >= 0:
            return Made(of, (longest,), list(items))
        case (list() as items,):
            return Made(of, (), list(items))
        case _:
            pass
    raise Refused("is made of something other than a list")


_STATES: Final = {"datetime": (10,), "date": (4,), "time": (6,)}


def _moment(of: Global, arguments: Arguments) -> object:
    """Return a date or time from its packed octets, and its time zone."""
    match arguments:
        case (bytes() as state,):
            zone = None
        case (bytes() as state, Made(of=Global(module="datetime", name="timezone")) as zone):
            pass
        case _:
            raise Refused("is made of other than packed octets")
    if len(state) not in _STATES[of.name] or (of.name == "date" and zone is not None):
        raise Refused("is made of other than packed octets")
    return Made(of, arguments)


def _timezone(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Made(of=Global(module="datetime", name="timedelta")),):
            return Made(of, arguments)
        case (Made(of=Global(module="datetime", name="timedelta")), str()):
            return Made(of, arguments)
        case _:
            pass
    raise Refused("is made of other than a span of time")


def _matching(form: re.Pattern[str]) -> Call:
    def call(of: Global, arguments: Arguments) -> object:
        match arguments:
            case (str() as text,) if form.fullmatch(text):
                return Made(of, arguments)
            case (int() as above, int() as below) if below > 0 and form is _RATIO:
                if max(above.bit_length(), below.bit_length()) <= _MOST_BITS:
                    return Made(of, arguments)
            case _:
                pass
        raise Refused("is made of other than a number in digits")

    return call


def _path(of: Global, arguments: Arguments) -> object:
    if not all(type(each) is str for each in arguments):
        raise Refused("is made of other than text")
    return Made(of, arguments)


def _empty(of: Global, arguments: Arguments) -> object:
    if arguments:
        raise Refused("is called with arguments")
    return Made(of)


def _attributes(one: Made, state: object) -> None:
    """Take attributes that are called as people call them."""
    if not isinstance(state, Table) or any(key.startswith("__") for key in _keys(state)):
        raise Refused("has attributes that no pickler of data gives it")
    if one.state is not None:
        raise Refused("is built twice")
    one.state = state


def _uuid_state(one: Made, state: object) -> None:
    if not isinstance(state, Table) or one.state is not None:
        raise Refused("has a state that no UUID has")
    for key, value in state.pairs:
        if key != "int" or type(value) is not int or not 0 <= value < 1 << 128:
            raise Refused("has a state that no UUID has")
    one.state = state


def _reconstructor(_of: Global, arguments: Arguments) -> object:
    """Return an instance as protocols 0 and 1 make one: of its builtin base, by that one's own value."""
    match arguments:
        case (Global() as class_, Global(module="builtins", name=base), given):
            if base == "object" and given is None and (class_.module, class_.name) in _PLAIN:
                return Made(class_)
            if class_.contract is not None and class_.contract.base == base:
                return _upon(class_, class_.contract, given)
        case _:
            pass
    raise Refused("makes an instance of a class that is not made so")


def _upon(class_: Global, contract: Contract, given: object) -> object:
    match contract.base, given:
        case ("object", None) if contract.new is not None:
            return contract.new(class_, ())
        case ("tuple", tuple() as values) if contract.new is not None:
            return contract.new(class_, values)
        case ("dict", Table(pairs=pairs)):
            return Made(class_, (), list(pairs))
        case _:
            pass
    raise Refused("makes an instance of a class that is not made so")


_PLAIN: Final = frozenset({("argparse", "Namespace"), ("uuid", "UUID")})
_TEXT: Final = Contract(key=True)
_MOMENT: Final = Contract(call=_moment, key=True)
_PATH: Final = Contract(call=_path, key=True)
_PATHS: Final = ("PurePosixPath", "PosixPath", "PureWindowsPath", "WindowsPath")
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    **{("builtins", name): Contract() for name in ("Ellipsis", "NotImplemented", "bool", "dict", "float", "int", "list", "object", "str", "tuple")},
    ("builtins", "set"): Contract(call=_set, adds=True),
    ("builtins", "frozenset"): Contract(call=_set, key=True),
    ("builtins", "bytes"): Contract(call=_bytes),
    ("builtins", "bytearray"): Contract(call=_bytearray),
    ("builtins", "complex"): Contract(call=taking(float, float), key=True),
    ("builtins", "slice"): Contract(call=_span),
    ("builtins", "range"): Contract(call=_span, key=True),
    ("_codecs", "encode"): Contract(call=_encode),
    ("copyreg", "_reconstructor"): Contract(call=_reconstructor),
    ("collections", "OrderedDict"): Contract(call=_ordered, build=_ordered_state, sets=True),
    ("collections", "defaultdict"): Contract(call=_defaultdict, sets=True),
    ("collections", "Counter"): Contract(call=_counter, sets=True),
    ("collections", "deque"): Contract(call=_deque, appends=True),
    ("datetime", "datetime"): _MOMENT,
    ("datetime", "date"): _MOMENT,
    ("datetime", "time"): _MOMENT,
    ("datetime", "timedelta"): Contract(call=taking(int, int, int), key=True),
    ("datetime", "timezone"): Contract(call=_timezone, key=True),
    ("decimal", "Decimal"): Contract(call=_matching(_NUMBER), key=True),
    ("fractions", "Fraction"): Contract(call=_matching(_RATIO), key=True),
    ("uuid", "UUID"): Contract(new=_empty, build=_uuid_state),
    **{(module, name): _PATH for module in ("pathlib", "pathlib._local") for name in _PATHS},
    ("argparse", "Namespace"): Contract(call=_empty, new=_empty, build=_attributes),
    ("types", "SimpleNamespace"): Contract(call=_empty, build=_attributes),
}  # fmt: skip
