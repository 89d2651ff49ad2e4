"""What our machine says that a stream would build, in the words of `unpickled.described`; and pickles put together by hand."""

import json
import struct
from collections.abc import Mapping

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.machine import PLAIN, Loader
from bartizan.supply.pickles.reading import Pickle, read
from bartizan.supply.pickles.values import Blob, Global, Made, Table
from bartizan.supply.subject import Reason

DICTS = {"OrderedDict", "defaultdict", "Counter", "dict"}
SETS = {"set", "frozenset"}


def reading(octets: bytes, loader: Loader = PLAIN) -> Pickle:
    return read(memoryview(octets), Budget(), loader=loader)


def words(reasons: tuple[Reason, ...]) -> list[str]:
    return sorted(each.word for each in reasons)


def described(value: object, octets: bytes) -> object:
    """Return a value of ours as `unpickled.described` returns the real one."""
    if value is None or isinstance(value, bool | int | float):
        return [type(value).__name__, repr(value)]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(described(each, octets) for each in value)]
    if isinstance(value, Table):
        return _dict(value.pairs, octets)
    if isinstance(value, Made):
        return _made(value, octets)
    return _whole(value, octets)


def _whole(value: object, octets: bytes) -> object:
    if isinstance(value, str):
        return ["str", ascii(value)]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, Global):
        return ["class", value.module, value.name]
    assert isinstance(value, Blob)
    return _blob(value, octets)


def _blob(value: Blob, octets: bytes) -> object:
    held = octets[value.start : value.start + value.size]
    if value.kind == "text":
        text = held.decode("utf-8", "surrogatepass")
        return ["bytes", text.encode("latin-1").hex()] if value.encoded else ["str", ascii(text)]
    if value.kind == "int":
        return ["int", repr(int.from_bytes(held, "little", signed=True))]
    return [value.kind, held.hex()]


def _made(value: Made, octets: bytes) -> object:
    name = value.of.name
    if name in SETS:
        return [name, *sorted({json.dumps(described(each, octets)) for each in value.items})]
    if name in DICTS:
        return _dict([each for each in value.items if isinstance(each, tuple)], octets)
    if name == "bytearray":
        held = described(value.arguments[0], octets) if value.arguments else ["bytes", ""]
        return ["bytearray", *held[1:]] if isinstance(held, list) else held
    if name in {"SimpleNamespace", "Namespace"} and isinstance(value.state, Table | None):
        state = _dict(value.state.pairs if value.state else [], octets)
        return ["SimpleNamespace", state] if name == "SimpleNamespace" else ["other", name]
    return ["other", name] if name in {"deque", "UUID"} else [name]


def _dict(pairs: list[tuple[object, object]], octets: bytes) -> object:
    kept: dict[object, tuple[object, object]] = {}
    for key, value in pairs:
        place = _place(key, octets)
        kept[place] = (kept[place][0] if place in kept else key, value)
    return ["dict", *([described(key, octets), described(value, octets)] for key, value in kept.values())]


def _place(key: object, octets: bytes) -> object:
    if isinstance(key, tuple):
        return tuple(_place(each, octets) for each in key)
    return (
        key
        if key is None or isinstance(key, str | bytes | int | float)
        else json.dumps(described(key, octets))
    )


# ---- by hand --------------------------------------------------------------------------------------------------
def text(value: str) -> bytes:
    """Return SHORT_BINUNICODE."""
    return b"\x8c" + bytes((len(value.encode()),)) + value.encode()


def named(module: str, name: str) -> bytes:
    """Return the instructions that push a global by protocol 4."""
    return text(module) + text(name) + b"\x93"


def framed(body: bytes, protocol: int = 4) -> bytes:
    """Return a pickle of one frame with these instructions and STOP."""
    return bytes((0x80, protocol)) + b"\x95" + struct.pack("<Q", len(body) + 1) + body + b"."


def called(module: str, name: str, *arguments: bytes) -> bytes:
    """Return the pickle of a call."""
    return framed(named(module, name) + b"(" + b"".join(arguments) + b"tR")


def mapping(values: Mapping[str, bytes]) -> bytes:
    """Return the instructions that push a dict."""
    return b"}(" + b"".join(text(key) + value for key, value in values.items()) + b"u"
