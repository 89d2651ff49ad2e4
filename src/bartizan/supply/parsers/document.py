"""What a document of tables and lists, in JSON or YAML, names that a loader would run: by the conventions of those that load such documents.

Rules of this file: a document is data, and what it is called decides nothing; each convention is looked for in every document. A table that
is met again by an alias is judged once, so that a small document costs little.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.parsers.dangerous import is_dangerous
from bartizan.supply.parsers.jinja_judge import judge as judge_template
from bartizan.supply.parsers.keras_config import judge_class
from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

_PURE: Final = re.compile(
    r"torch\.(?:nn|optim|optim\.lr_scheduler)\.[A-Z][A-Za-z0-9]*|nemo\.(?:collections|core)(?:\.[a-z_0-9]+)+\.[A-Z][A-Za-z0-9]*"
)
"""Targets that Hydra may make: layers and optimisers of PyTorch, modules of NeMo."""
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_SENTENCE: Final = "sentence_transformers."
_PAIR: Final = 2
"""A library and a class."""
_LIBRARIES: Final = frozenset({"diffusers", "transformers", "onnxruntime", "optimum"})
_OFF: Final = ("false", "False", "FALSE", "no", "No", "off", "Off", "null", "~")
"""Texts by which YAML says that something is not so."""
_FLAGS: Final = {
    "auto_map": "classes of its own, from code that it brings",
    "custom_pipelines": "pipelines of its own, from code that it brings",
    "custom_pipeline": "a pipeline of its own, from code that it brings",
    "trust_remote_code": "that code from elsewhere be trusted",
}


def judge(tree: object, budget: Budget, telling: Telling, member: str = "") -> None:
    """Say what a document names that a loader would run.

    Raises:
        Exhausted: the budget is.
    """
    left: list[Any] = [tree]
    seen: set[int] = set()
    while left:
        found = left.pop()
        budget.spend(1)
        if isinstance(found, dict):
            if id(found) in seen:
                continue
            seen.add(id(found))
            _table(found, budget, telling, member)
            left.extend(each for each in found.values() if isinstance(each, dict | list))
        elif isinstance(found, list) and id(found) not in seen:
            seen.add(id(found))
            budget.spend(len(found))
            left.extend(each for each in found if isinstance(each, dict | list))


def _table(found: Mapping[Any, Any], budget: Budget, telling: Telling, member: str) -> None:
    budget.spend(len(found))
    if "class_name" in found and ("config" in found or "module" in found):
        judge_class(found, telling, member)
    for key, value in found.items():
        if key in _FLAGS:
            _flag(key, value, telling, member)
        elif key in _TARGETS:
            _TARGETS[key](found, value, telling, member)
        elif isinstance(key, str) and key.startswith("py/"):
            _pickled(key, telling, member)
        elif isinstance(key, str) and "chat_template" in key:
            _templates(value, budget, telling, member)
    if "_diffusers_version" in found:
        _pipeline(found, telling, member)


def _code(what: str, telling: Telling, member: str, *, word: str = "code-named") -> None:
    telling.say(word, f"it {what}; have a person decide", Standing.CODE, member=member)


def _flag(key: str, value: object, telling: Telling, member: str) -> None:
    if value and value not in _OFF:
        _code(f"asks by `{key}` for {_FLAGS[key]}", telling, member, word="remote-code")


def _target(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    del found
    _names(value, "`_target_`", telling, member)


def _names(value: object, by: str, telling: Telling, member: str) -> None:
    """Judge a dotted name that a loader imports and calls."""
    name = value if isinstance(value, str) else ""
    if is_dangerous(name):
        telling.say(
            "target-dangerous",
            f"it has {shown(name)} called by {by}, which has no place in a model; don't load it",
            Standing.MALICIOUS,
            member=member,
        )
    elif not _PURE.fullmatch(name):
        _code(f"has {shown(name) or 'something'} called by {by}", telling, member, word="target-not-allowed")


def _plain_target(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    """Judge `target` beside `params`, as configurations of diffusion models have it."""
    if isinstance(value, str) and _DOTTED.fullmatch(value) and ("params" in found or is_dangerous(value)):
        _names(value, "`target`", telling, member)


def _attention(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    del found
    if isinstance(value, str) and "/" in value:
        _code(
            f"takes its attention from {shown(value)}, which is code from elsewhere",
            telling,
            member,
            word="remote-code",
        )


def _module_type(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    """Judge a module of sentence-transformers: `{"idx": 0, "path": "", "type": "sentence_transformers.models.Pooling"}`."""
    if not {"idx", "path"} <= found.keys() or not isinstance(value, str):
        return
    if is_dangerous(value) or not value.startswith(_SENTENCE):
        _names(value, "`type`", telling, member)


def _constructor(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    """Judge an object of LangChain's: `{"lc": 1, "type": "constructor", "id": [...]}`."""
    if isinstance(value, int) and isinstance(found.get("id"), list):
        name = ".".join(map(str, found["id"][:20]))
        _names(name, "`lc`", telling, member)


def _skops(found: Mapping[Any, Any], value: object, telling: Telling, member: str) -> None:
    """Judge an object that is named by its module and class, as skops has it; skops's own archives are read more exactly."""
    if isinstance(value, str) and isinstance(found.get("__class__"), str):
        _names(f"{value}.{found['__class__']}", "`__module__`", telling, member)


_TARGETS: Final = {
    "_target_": _target,
    "target": _plain_target,
    "attn_implementation": _attention,
    "_attn_implementation": _attention,
    "type": _module_type,
    "lc": _constructor,
    "__module__": _skops,
}


def _pickled(key: str, telling: Telling, member: str) -> None:
    """Judge a member of jsonpickle's, which makes objects as a pickle does."""
    worst = key in {"py/reduce", "py/function", "py/repr", "py/reduce_ex"}
    telling.say(
        "jsonpickle",
        f"it has `{shown(key)}`, by which jsonpickle makes objects as a pickle does; don't load it so",
        Standing.MALICIOUS if worst else Standing.CODE,
        member=member,
    )


def _templates(value: object, budget: Budget, telling: Telling, member: str) -> None:
    """Judge a chat template: a text, a list of them with names, or a table of them."""
    if isinstance(value, str):
        try:
            judge_template(value, budget, telling, member)
        except Damaged as fault:
            telling.say(fault.word, fault.what, Standing.UNKNOWN, member=member, offset=fault.offset)
    elif isinstance(value, list):
        for each in value:
            _templates(each.get("template") if isinstance(each, dict) else each, budget, telling, member)
    elif isinstance(value, dict):
        for each in value.values():
            _templates(each, budget, telling, member)


def _pipeline(found: Mapping[Any, Any], telling: Telling, member: str) -> None:
    """Judge the index of a pipeline of diffusers: each part names a library and a class."""
    for key, value in found.items():
        library = value[0] if isinstance(value, list) and len(value) == _PAIR else None
        if isinstance(library, str) and library not in _LIBRARIES:
            what = f"takes {shown(str(key))} from {shown(library)}, which is code from elsewhere"
            _code(what, telling, member)
