"""A process in which CPython's two unpicklers load what they are sent, with nothing at hand that a stream could misuse.

Run as a script. Each request is a length of four octets and a stream; each answer a line of JSON for each unpickler: what was
looked up by name, what was heard by the audit hook, and the value in the words of `described`, or the error's name.
"""

import _compat_pickle
import _pickle
import codecs
import contextlib
import datetime as dt
import decimal
import fractions
import importlib
import io
import json
import pickle
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import SimpleNamespace

MEMORY = 1 << 29
SECONDS = 60
HEARD = ("open", "exec", "compile", "import", "os.", "subprocess.", "socket.", "ctypes.", "shutil.")
_heard: list[str] = []
_named: list[str] = []


def _hear(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith(HEARD):
        _heard.append(event)


def described(value: object) -> object:
    """Return a value in lists and text: its type and what is in it."""
    if value is None or isinstance(value, bool | int | float):
        return [type(value).__name__, repr(value)]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(described, value)]
    if isinstance(value, set | frozenset):
        return [type(value).__name__, *sorted(json.dumps(described(each)) for each in value)]
    if isinstance(value, Mapping):
        return ["dict", *([described(key), described(kept)] for key, kept in value.items())]
    return _whole(value)


def _whole(value: object) -> object:
    if isinstance(value, str):
        return ["str", ascii(value)]
    if isinstance(value, bytes | bytearray):
        return [type(value).__name__, value.hex()]
    if isinstance(value, type):
        return ["class", value.__module__, value.__qualname__]
    if isinstance(value, SimpleNamespace):
        return ["SimpleNamespace", described(vars(value))]
    known = complex | dt.date | dt.time | dt.timedelta | dt.tzinfo | decimal.Decimal
    if isinstance(value, known | fractions.Fraction | PurePath | range | slice):
        return [type(value).__name__]
    return ["other", type(value).__name__]


def _with(base: type[pickle.Unpickler]) -> Callable[[bytes], object]:
    class Watched(base):  # type: ignore[misc, valid-type]  # either of the two
        def find_class(self, module: str, name: str) -> object:
            said = _said(module, name)
            found = super().find_class(module, name) if said in ALLOWED else None
            _named.append(said)
            if found is None:
                raise pickle.UnpicklingError("not here")
            return found

    return lambda stream: Watched(io.BytesIO(stream)).load()


def _said(module: str, name: str) -> str:
    """Return a name as Python 3 says it; a pickler of old protocols says it as Python 2 does."""
    module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
    return f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}"


ALLOWED: frozenset[str] = frozenset(sys.argv[1:])


def _answer(load: Callable[[bytes], object], stream: bytes) -> dict[str, object]:
    _named.clear()
    _heard.clear()
    try:
        value = load(stream)
    except BaseException as fault:  # noqa: BLE001 - whatever a stream does is told, and the process serves on
        return {"named": list(_named), "heard": list(_heard), "error": type(fault).__name__}
    heard = list(_heard)
    try:
        return {"named": list(_named), "heard": heard, "value": described(value)}
    except RecursionError:
        return {"named": list(_named), "heard": heard, "value": "deep"}


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    sys.addaudithook(_hear)
    both = _with(_pickle.Unpickler), _with(pickle._Unpickler)  # type: ignore[arg-type]  # the one in Python
    while head := sys.stdin.buffer.read(4):
        stream = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        for load in both:
            sys.stdout.write(json.dumps(_answer(load, stream)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    for each in ALLOWED:  # what is allowed is there already, so that nothing is imported later
        with contextlib.suppress(ImportError):
            importlib.import_module(each.rpartition(".")[0])
    for alphabet in ("latin1", "latin-1", "ascii", "raw-unicode-escape"):
        codecs.lookup(alphabet)
    _serve()
