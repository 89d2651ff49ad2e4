"""What a name says that has no contract: a capability that no model needs, a library's code, or nothing that is known.

Rules of this file: to name is to import, and importing runs code, so no name here is inert. A name is malicious where it, or the
module that it is of, is a way to run commands or code, to reach networks or files, to load more code, or to call what a string
names. It needs code where it is of a library that models are made of: a person can look up what that class does. All else is not
understood, called or not: nobody can say what a module that nobody knows does when it is imported.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.supply.containers.member import shown
from bartizan.supply.pickles.lists import LIBRARIES, MODULES, NAMES, PARTS
from bartizan.supply.subject import Reason, Standing

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_MODULES: Final = {
    "__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins", "UserDict": "collections",
    "urllib2": "urllib.request", "Queue": "queue", "cPickle": "pickle", "commands": "subprocess",
}  # fmt: skip
"""Modules of Python 2 by the names that Python 3 gives them: those that matter here."""
_NAMES: Final = {
    ("__builtin__", "xrange"): ("builtins", "range"), ("__builtin__", "unicode"): ("builtins", "str"),
    ("__builtin__", "long"): ("builtins", "int"), ("__builtin__", "reduce"): ("functools", "reduce"),
    ("__builtin__", "intern"): ("sys", "intern"), ("__builtin__", "unichr"): ("builtins", "chr"),
    ("__builtin__", "basestring"): ("builtins", "str"), ("itertools", "izip"): ("builtins", "zip"),
    ("itertools", "imap"): ("builtins", "map"), ("itertools", "ifilter"): ("builtins", "filter"),
}  # fmt: skip
_LAST_OF_OLD: Final = 2
"""Protocol up to which Python 3 takes names as those of Python 2."""


def named(module: str, name: str, protocol: int) -> tuple[str, str]:
    """Return what a global is called in Python 3: protocols before 3 say it as Python 2 did."""
    if protocol > _LAST_OF_OLD:
        return module, name
    return _NAMES.get((module, name)) or (_MODULES.get(module, module), name)


def capability(module: str, name: str) -> Reason:
    """Return why a global that has no contract keeps a file from being inert."""
    whole, told = f"{module}.{name}", shown(f"{module}.{name}")
    old = f"{_MODULES.get(module, module)}.{name}"
    if _capable(whole) or _capable(old):
        what = f"it names {told}, by which a file can run commands, reach files or networks, or hide what it does; do not load it"
        return Reason("capability-named", what, Standing.MALICIOUS)
    if _escapes(module, name):
        what = f"it names {told}, a way from data into the interpreter; do not load it"
        return Reason("attribute-dotted", what, Standing.MALICIOUS)
    if _WORD.fullmatch(whole) and module.split(".", maxsplit=1)[0] in LIBRARIES:
        what = f"it names {told}, whose code runs when it is loaded; load it where that does no harm, or save its data alone"
        return Reason("code-named", what, Standing.CODE)
    what = f"it names {told}, which is of no library that is known; nobody can say what it runs when it is loaded"
    return Reason("global-unknown", what, Standing.UNKNOWN)


def _capable(whole: str) -> bool:
    return any(each in MODULES or each in NAMES for each in _prefixes(whole))


def _prefixes(whole: str) -> Iterator[str]:
    parts = whole.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))


def _escapes(module: str, name: str) -> bool:
    """Return whether a name has a part that begins and ends as Python's own do, or leads to another module."""
    dotted = name.split(".")
    if any(each.startswith("__") and each.endswith("__") for each in dotted):
        return True
    words = {*dotted, *module.split(".")[1:]} if len(dotted) > 1 else {name}
    return not {each.lstrip("_") for each in words}.isdisjoint(PARTS)
