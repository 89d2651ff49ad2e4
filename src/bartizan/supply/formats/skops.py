"""skops: a ZIP of arrays and of a schema, which names every class that is made when it is loaded.

Rules of this file: each object of the schema is made by a known loader and of a class that this loader may make: plain values, arrays, estimators of
the tables that pickles are read by. Source: skops 0.16, `io/_general.py`, `_numpy.py`, `_sklearn.py`; CVE-2025-54412, CVE-2025-54413, CVE-2025-54886.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bartizan.supply.containers.member import Member
from bartizan.supply.containers.zip import LOCAL, members
from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.dangerous import is_dangerous
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.pickles import tables
from bartizan.supply.pickles.contracts import cython
from bartizan.supply.subject import Standing

_SCHEMA: Final = "schema.json"
_ARRAYS: Final = re.compile(r"[0-9]+\.(?:npy|npz)")
_NUMPY: Final = re.compile(
    r"(?:float|int|uint|complex|bool|str|bytes|datetime|timedelta)[0-9_]*|ndarray|generic|dtype|longdouble"
)
_PLAIN: Final = {
    "DictNode": {"dict"}, "ListNode": {"list"}, "TupleNode": {"tuple"}, "SetNode": {"set"}, "JsonNode": {"str"}, "BytesNode": {"bytes"},
    "BytearrayNode": {"bytearray"}, "SliceNode": {"slice"},
    "TypeNode": {"str", "int", "float", "bool", "dict", "list", "tuple", "set", "bytes", "complex", "object", "NoneType", "type"},
}  # fmt: skip
"""Loader -> classes of Python's own that it may make."""
_ARRAY_LOADERS: Final = frozenset(
    {"NdArrayNode", "MaskedArrayNode", "DTypeNode", "RandomStateNode", "RandomGeneratorNode", "TypeNode"}
)
_RANDOM: Final = frozenset(
    {
        ("numpy.random.mtrand", "RandomState"),
        ("numpy.random", "RandomState"),
        ("numpy.random._generator", "Generator"),
    }
)
_SPARSE: Final = re.compile(r"scipy\.sparse(?:\._[a-z]+)?")
_UFUNCS: Final = frozenset({
    "abs", "absolute", "add", "arcsinh", "cbrt", "ceil", "clip", "cos", "exp", "exp2", "expm1", "fabs", "floor", "log", "log10", "log1p", "log2",
    "maximum", "mean", "median", "minimum", "negative", "reciprocal", "rint", "round", "sign", "sin", "sinh", "sqrt", "square", "std", "sum",
    "tan", "tanh", "trunc",
})  # fmt: skip


def knows(octets: Octets) -> bool:
    """Return whether it is an archive whose list ends with a schema, and that Keras or PyTorch did not write."""
    tail = bytes(octets.view[-4096:])
    return octets.begins(LOCAL) and _SCHEMA.encode() + b"PK\5\6" in tail


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of an archive: of its schema, and of its members."""
    return told(lambda telling: _walk(octets, budget, look, telling))


def _walk(octets: Octets, budget: Budget, look: Look, telling: Telling) -> None:
    found = list(members(octets, budget))
    if not any(each.name == _SCHEMA for each in found):
        raise Damaged("part-missing", "it has no schema: it is cut off, or not of skops")
    for member in found:
        _member(member, budget, look, telling)


def _member(member: Member, budget: Budget, look: Look, telling: Telling) -> None:
    if member.name == _SCHEMA:
        _schema(parsed(member.expand(), budget), budget, telling)
        return
    if not _ARRAYS.fullmatch(member.name):
        telling.say(
            "member-unexpected",
            f"it has a member {shown(member.name)}, which skops doesn't write",
            Standing.UNKNOWN,
            member=shown(member.name),
        )
    for reason in look(member.expand(), budget).reasons:
        telling.add(msgspec.structs.replace(reason, member=shown(member.name)))


def _schema(tree: object, budget: Budget, telling: Telling) -> None:
    left = [tree]
    while left:
        budget.spend(1)
        found = left.pop()
        if isinstance(found, dict):
            if any(each in found for each in ("__loader__", "__module__", "__class__")):
                _object(found, telling)
            left.extend(found.values())
        elif isinstance(found, list):
            left.extend(found)


def _object(found: Mapping[str, Any], telling: Telling) -> None:
    loader, module, name = (str(found.get(each, "")) for each in ("__loader__", "__module__", "__class__"))
    if _is_known(loader, module, name):
        return
    dotted = f"{module}.{name}"
    worst = is_dangerous(dotted) and (module not in {"builtins", "operator"} or name in _CALLED)
    telling.say(
        "class-dangerous" if worst else "class-custom",
        f"its schema has {shown(loader) or 'nothing'} make {shown(dotted)}, which is not on the list; "
        + ("don't load it" if worst else "have a person decide"),
        Standing.MALICIOUS if worst else Standing.CODE,
        member=_SCHEMA,
    )


_CALLED: Final = frozenset({"eval", "exec", "compile", "getattr", "setattr", "open", "__import__", "breakpoint", "input", "methodcaller",
                            "attrgetter"})  # fmt: skip


def _is_known(loader: str, module: str, name: str) -> bool:
    if module == "builtins":
        return name in _PLAIN.get(loader, ())
    if loader == "FunctionNode":
        return (module == "numpy" and name in _UFUNCS) or (module, name) in tables.functions("sklearn")
    if module.partition(".")[0] == "numpy":
        return loader in _ARRAY_LOADERS and (_of_numpy(module, name) or (module, name) in _RANDOM)
    if loader == "SparseMatrixNode":
        return _SPARSE.fullmatch(module) is not None and name.endswith(("matrix", "array"))
    return loader in _MADE and _is_estimator(loader, module, name)


_COMPILED: Final = frozenset({"TreeNode", "LossNode", "SGDNode"})
_MADE: Final = _COMPILED | {"ObjectNode", "TypeNode"}


def _of_numpy(module: str, name: str) -> bool:
    return module in {"numpy", "numpy.ma", "numpy.ma.core"} and (
        _NUMPY.fullmatch(name) is not None or name == "MaskedArray"
    )


def _is_estimator(loader: str, module: str, name: str) -> bool:
    """Return whether a loader makes this class: of scikit-learn, in its table, or one of those in C that have a loader of their own."""
    if module.partition(".")[0] != "sklearn":
        return False
    if loader in _COMPILED:
        return (module, name) in cython.CONTRACTS
    return tables.kept(module, name) is not None


FORMAT: Final = Format("skops", knows, read, order=30, kind_of=("zip",))
