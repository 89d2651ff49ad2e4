"""Pickles that run code by names that are on no list, or that are put together only while the file is loaded."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import taken_for_data
from bartizan.drill.target import Target

_CALL = b"\x85R."
_WORD = b"\x8c\x06nobody"


def _text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def _named(module: str, name: str) -> bytes:
    return b"\x80\x04" + _text(module) + _text(name) + b"\x93"


def _act(target: Target) -> Outcome:
    within = (
        b"\x80\x04" + _text("collections") + b"\x8c\x01." + b"0" + _text("OrderedDict.fromkeys") + b"\x93"
    )
    return taken_for_data(
        target,
        {"numbers.pkl": b"\x80\x04]\x94(K\x01K\x02K\x03e."},
        {
            "a module that nobody lists.pkl": _named("nobody_lists.this", "load") + _WORD + _CALL,
            "a debugger of the standard library.pkl": _named("bdb", "Bdb.run") + _WORD + _CALL,
            "a test runner.pkl": _named("doctest", "debug_script") + _WORD + _CALL,
            "a reader of expressions in NumPy.pkl": _named("numpy.f2py.capi_maps", "load_f2cmap_file")
            + _WORD
            + _CALL,
            "a way from a class that is allowed to another thing.pkl": within + b"]" + _CALL,
            "a method of what is only data.pkl": _named("builtins", "getattr")
            + _WORD
            + _text("format")
            + b"\x86R.",
        },
    )


ATTACK = Attack(
    name="gadget-new",
    control="supply.model-file-inert",
    title="gadget on no list",
    skill=3,
    stage=Stage.FILES,
    because="scanners that list bad names miss the next one; hundreds of such names are in the libraries that are installed",
    references=("AML.T0011.000", "AML.T0010.003", "CWE-502", "CWE-184"),
    weakening="names_all_allowed",
    act=_act,
)
