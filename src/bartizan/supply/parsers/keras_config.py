"""Whether what a Keras model is configured with only computes: an allow-list of modules and classes.

Rules of this file: a class is let pass by its module and name, or not at all; a Lambda is code, and so is every class of somebody's own. What
reads a file when it is loaded is told as such. Source: Keras 3.15, `saving/serialization_lib.py`; CVE-2024-3660, CVE-2025-1550,
CVE-2025-8747, CVE-2025-9905, CVE-2025-9906, CVE-2025-49655, GHSA-qg93-c7p6-gg7f, CVE-2026-12479.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from bartizan.supply.parsers.dangerous import is_dangerous
from bartizan.supply.parsers.keras_names import NAMES
from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

_VALUES: Final = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__complex__",
                            "__tuple__", "__slice__"})  # fmt: skip
"""Classes that stand for plain values."""
_CODE: Final = frozenset({"Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda", "TFSMLayer", "TorchModuleWrapper",
                          "FlaxLayer", "JaxLayer"})  # fmt: skip
_ROOTS: Final = ("keras.", "tf_keras.", "tensorflow.keras.", "tensorflow.python.keras.")
_MODELS: Final = re.compile(
    r"(?:src\.)?(?:models|engine)\.(?:functional|sequential|model|training)$|^models$|^$"
)
_ON_TORCH: Final = re.compile(
    r"src\.backend\.torch\.optimizers\.torch_(adadelta|adagrad|adam|adamax|adamw|lion|nadam|rmsprop|sgd)"
)
"""Modules of optimizers, one class in each, as Keras names them where it runs on PyTorch."""
_OPERATIONS: Final = re.compile(r"src\.ops\.(?:numpy|nn|math|linalg|image)$")
_OPERATION: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,60}$")
_READ: Final = ("vocabulary", "vocabulary_file", "vocab_file", "filepath", "file_path", "idf_weights")
"""Members of a layer's configuration that are read as a file where they are text."""


@cache
def _tables() -> Mapping[str, frozenset[str]]:
    """Return the names of each module that a model may name, without the module's root."""
    return {module: frozenset(names.split()) for module, names in NAMES.items()}


@cache
def _anywhere() -> frozenset[str]:
    """Return the names of all modules: Keras 2 names no module."""
    tables = _tables()
    return frozenset().union(*(names for module, names in tables.items() if module != "activations"))


def judge_class(found: Mapping[str, Any], telling: Telling, member: str = "") -> None:
    """Judge a table of a configuration that has a `class_name`; tables within are judged by themselves."""
    module, name = found.get("module"), found["class_name"]
    config = found.get("config")
    if isinstance(config, dict):
        _reads_nothing(config, telling, member)
    if _is_known(module, name, config):
        return
    dotted = f"{module or ''}.{name}.{config if isinstance(config, str) else ''}".strip(".")
    if isinstance(module, str) and is_dangerous(dotted) and module != "builtins":
        telling.say(
            "class-dangerous",
            f"it has Keras load {shown(dotted)}, which has no place in a model; don't load it",
            Standing.MALICIOUS,
            member=member,
        )
    elif isinstance(name, str) and name in _CODE:
        telling.say(
            "layer-code",
            f"it has a layer {shown(str(name))}, which runs code that the file brings; have a person decide",
            Standing.CODE,
            member=member,
        )
    else:
        telling.say(
            "class-custom",
            f"it names the class {shown(dotted)}, which is not one of Keras that only computes; have a person decide",
            Standing.CODE,
            member=member,
        )


def _is_known(module: object, name: object, config: object) -> bool:
    if not isinstance(name, str):
        return False
    if name == "function":
        return module in (None, "builtins", "keras.activations") and str(config) in _tables()["activations"]
    if module is None:
        return name in _VALUES or name in _anywhere()
    within = _within(module) if isinstance(module, str) else None
    return within is not None and _is_of(within, name)


def _is_of(within: str, name: str) -> bool:
    """Return whether a module of Keras, named without its root, has a class that only computes."""
    if _MODELS.search(within):
        return name in {"Functional", "Sequential", "Model", "DTypePolicy", "Variable"}
    if _OPERATIONS.match(within):
        return _OPERATION.match(name) is not None
    if found := _ON_TORCH.fullmatch(within):
        return name.lower() == found[1]
    return name in _tables().get(within, frozenset())


def _within(module: str) -> str | None:
    """Return a module of Keras without its root; None where it is none of Keras."""
    if module == "keras":
        return ""
    root = next((each for each in _ROOTS if module.startswith(each)), None)
    return None if root is None else module.removeprefix(root)


def _reads_nothing(config: Mapping[str, Any], telling: Telling, member: str) -> None:
    """Say where a layer's configuration has Keras read or write a file."""
    for key in _READ:
        value = config.get(key)
        if isinstance(value, str) and value:
            telling.say(
                "file-read",
                f"a layer reads {shown(value)} when it is loaded; give it its words instead of a file",
                Standing.MALICIOUS if _leads_out(value) else Standing.CODE,
                member=member,
            )
    name = config.get("name")
    if isinstance(name, str) and _leads_out(name):
        telling.say(
            "name-outside",
            f"a layer is called {shown(name)}, by which its weights are looked for outside the file; don't load it",
            Standing.MALICIOUS,
            member=member,
        )


def _leads_out(path: str) -> bool:
    return path.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", path) or ":" in path
