"""The contract of an attack, and its discovery.

Rules of this file: an attack is one constant `ATTACK` in one file of the `attacks` folder. It acts like a
stranger, through the front door or on a throw-away twin, and says only what happened: `Held`, `GotThrough`
or `Undecided`. Whether a success is a broken promise or a gap that nobody claims to close is judged
afterwards (`verdict.py`), so that no attack can talk its own row green. What could not be tried never
counts as held.
"""

import enum
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Final

import msgspec

from bartizan.drill.target import Target

NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Form of an attack's name: words in kebab case, as the ledger's vocabulary takes them."""


class Stage(enum.Enum):
    """Where an attack makes sense."""

    FRONT = "front"
    """At the front door of any service: when it is held, nothing reaches the upstream."""
    SAMPLE = "sample"
    """Only against the built-in sample: it needs the sample's secret or obedience, or requests that are served."""
    TWIN = "twin"
    """On a throw-away platform: it kills, edits or needs another configuration. One after another."""
    WRECK = "wreck"
    """Like `TWIN`, and on the same platform once all those are done: afterwards its record does not verify any more, or its
    worker thinks otherwise of strangers."""
    SCENE = "scene"
    """On a throw-away platform before services that are played, some of them hostile; several at once."""
    FILES = "files"
    """On files of its own making, in a folder that is thrown away: what the product's commands say of them."""


class Trace(msgspec.Struct, frozen=True):
    """By what the ledger finds its own entries about an attack.

    Attributes:
        requests: ids of the requests that were made (`q-…`).
        reasons: words of refusals that the gateway counts together instead of naming each request.
    """

    requests: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def __or__(self, other: "Trace") -> "Trace":
        """Return both together."""
        return Trace(self.requests | other.requests, self.reasons | other.reasons)

    def __bool__(self) -> bool:
        """Return whether there is anything to look for."""
        return bool(self.requests or self.reasons)


class Held(msgspec.Struct, frozen=True):
    """The attack was turned away.

    Attributes:
        how: what turned it away, in a few words of ours ("refused with 401").
        trace: of its requests.
    """

    how: str
    trace: Trace = Trace()


class GotThrough(msgspec.Struct, frozen=True):
    """The attack reached its goal.

    Attributes:
        what: what was gained, in one sentence for people; never a secret or an answer's text.
        trace: of its requests.
    """

    what: str
    trace: Trace = Trace()


class Undecided(msgspec.Struct, frozen=True):
    """The attack could not be carried out or not be judged: neither held nor through.

    Attributes:
        why: what stood in the way, and what to do.
        trace: of its requests.
    """

    why: str
    trace: Trace = Trace()


Outcome = Held | GotThrough | Undecided


class Attack(msgspec.Struct, frozen=True):
    """One attack on one promise.

    Attributes:
        name: kebab case, stable for ever; the ledger's entries carry it.
        control: id of the control whose promise it attacks.
        title: what was tried, in the few words that "HARDEST TRIED" shows.
        skill: 1 anybody with curl, 2 a script, 3 somebody who knows the protocol, 4 a specialist.
        stage: where it makes sense.
        because: why an attacker would, with the source.
        references: ids of ATLAS (`AML.T0051`), OWASP (`API2:2023`, `LLM01:2025`) and CWE (`CWE-287`).
        weakening: the file of tests/weakenings that must turn exactly this attack to broken.
        act: carries the attack out on a target; takes at most a few seconds.
        needs: the optional module without which the platform has not what is attacked; mostly none.
    """

    name: str
    control: str
    title: str
    skill: int
    stage: Stage
    because: str
    references: tuple[str, ...]
    weakening: str
    act: Callable[[Target], Outcome]
    needs: str = ""

    def __post_init__(self) -> None:
        """Refuse what the table or the ledger could not show."""
        if NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} is no attack's name: kebab case is")
        if self.skill not in range(1, 5):
            raise ValueError(f"{self.name}: skill runs from 1 to 4")
        if not self.references:
            raise ValueError(f"{self.name}: names no reference")


class NotAnAttack(TypeError):
    """A module that should hold an attack does not; loading stops."""

    def __init__(self, module: str, fault: str) -> None:
        """Name the module and what is wrong with it."""
        super().__init__(f"{module}: {fault}")
        self.module, self.fault = module, fault


def discover(folder: ModuleType) -> Mapping[str, Attack]:
    """Return every attack of an `attacks` package by name, in order of control, skill and name.

    Raises:
        NotAnAttack: a module without the constant, one of another type, or a name that is taken.
    """
    found: dict[str, Attack] = {}
    for info in pkgutil.iter_modules(folder.__path__):
        module = f"{folder.__name__}.{info.name}"
        attack = getattr(importlib.import_module(module), "ATTACK", None)
        if not isinstance(attack, Attack):
            raise NotAnAttack(module, "defines no constant ATTACK of type bartizan.drill.attack.Attack")
        if attack.name in found:
            raise NotAnAttack(module, f"the name {attack.name} is already taken by another attack")
        found[attack.name] = attack
    ordered = sorted(found.values(), key=lambda attack: (attack.control, attack.skill, attack.name))
    return {attack.name: attack for attack in ordered}
