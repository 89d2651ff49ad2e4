"""The contract of everything that judges: Control, Watch, Finding, and their discovery.

Rules of this file: a control is pure, one constant `CONTROL` in one file of a room's `controls` folder; it
carries its own examples, which two tests run for every control for ever. Adding one touches no other file.
"""

import enum
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import msgspec

ENTRY_POINT = "bartizan.controls"
"""Group under which an outside package names modules that hold a `CONTROL`."""
RAISED = "control-failed"
"""Reason of a refusal by a control that could not judge, because it raised."""


class Severity(enum.Enum):
    """How bad it is if a finding is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(enum.Enum):
    """How sure a control is that a finding is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Finding(msgspec.Struct, frozen=True):
    """What a control says is wrong.

    Attributes:
        reason: the fault, a word of the control's own closed vocabulary (`token-expired`); goes into events.
        what: one sentence for people: what is wrong and what to do; never holds a client's text or a secret.
        severity, confidence: how bad, and how sure.
    """

    reason: str
    what: str
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH


class Control(msgspec.Struct, frozen=True):
    """One promise and the pure function that judges whether a subject keeps it.

    Attributes:
        id: `room.promise`, stable for ever.
        promise: the promise in a few words, as screens show it.
        reads: type of the subjects that it judges; a type of its own room.
        severity: of the findings, unless one says otherwise.
        because: why the promise matters, with its source.
        references: ids of ATLAS (`AML.T0051`), OWASP (`LLM01:2025`) and CWE (`CWE-287`).
        remediation: what to do about a finding.
        judge: subject -> findings; no finding means kept. Pure: no I/O, no time, no randomness.
        fires_on: subjects that must yield at least one finding.
        silent_on: subjects that must yield none.
    """

    id: str
    promise: str
    reads: type
    severity: Severity
    because: str
    references: tuple[str, ...]
    remediation: str
    judge: Callable[[Any], tuple[Finding, ...]]
    fires_on: tuple[Any, ...]
    silent_on: tuple[Any, ...]


class Watch(msgspec.Struct, frozen=True):
    """A stateful detector: a pure fold, so that replay gives the same answer and sharding changes nothing.

    Attributes:
        id: `room.promise` of the control that its findings count for.
        key: subject -> the shard that it belongs to.
        start: the state before the first subject of a shard.
        step: (state, subject) -> (state, findings).
    """

    id: str
    key: Callable[[Any], str]
    start: Any
    step: Callable[[Any, Any], tuple[Any, tuple[Finding, ...]]]


class NotAControl(TypeError):
    """A module that should hold a control does not; loading stops."""

    def __init__(self, module: str, fault: str) -> None:
        """Name the module and what is wrong with it."""
        super().__init__(f"{module}: {fault}")
        self.module, self.fault = module, fault


def discover(*folders: ModuleType) -> Mapping[str, Control]:
    """Return every control of these `controls` packages and of outside packages, by id, in order of id.

    Args:
        folders: packages whose modules each define one `CONTROL`.
    Raises:
        NotAControl: a module without the constant, one of another type, or an id that is taken.
    """
    found: dict[str, Control] = {}
    for name, module in (*_modules(folders), *_outside()):
        control = getattr(module, "CONTROL", None)
        if not isinstance(control, Control):
            raise NotAControl(name, "defines no constant CONTROL of type bartizan.control.Control")
        if control.id in found:
            raise NotAControl(name, f"the id {control.id} is already taken by another control")
        found[control.id] = control
    return dict(sorted(found.items()))


def _modules(folders: Iterable[ModuleType]) -> Iterable[tuple[str, object]]:
    for folder in folders:
        for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda module: module.name):
            name = f"{folder.__name__}.{info.name}"
            yield name, importlib.import_module(name)


def _outside() -> Iterable[tuple[str, object]]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - dear, and most who know of controls look for none

    for point in sorted(entry_points(group=ENTRY_POINT), key=lambda point: point.name):
        yield point.value, point.load()
