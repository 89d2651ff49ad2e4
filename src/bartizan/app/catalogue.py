"""What there is in this installation: promises, controls, attacks, and which promises the platform claims.

Rules of this file: discovery only; nothing here says that anything holds.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from bartizan.control import Control, discover
from bartizan.drill import attacks as attacks_folder
from bartizan.drill.attack import Attack
from bartizan.drill.attack import discover as discover_attacks
from bartizan.promise import Promise, promises, rooms

BUILT_IN: Final = frozenset({"access.revocation-prompt", "ledger.intact"})
"""Promises that the platform keeps by how it is built (freshness, its record), where no subject is judged."""
OF_GUARD: Final = frozenset({"threats.leakage", "threats.prompt-injection"})
"""Promises that nobody makes where a service has no guard, or one that does nothing but tell."""


class Catalogue(msgspec.Struct, frozen=True):
    """Everything that can be kept, judged or attacked.

    Attributes:
        promises: every promise by id, in order of practice.
        controls: those that judge, by id.
        attacks: every attack of the drill, by name.
    """

    promises: Mapping[str, Promise]
    controls: Mapping[str, Control]
    attacks: Mapping[str, Attack]

    @property
    def enforced(self) -> frozenset[str]:
        """Ids of the promises that the platform claims to keep: what gets through there is broken."""
        return frozenset(self.controls) | BUILT_IN

    @property
    def aims(self) -> Mapping[str, str]:
        """Name of each attack -> the control that it attacks."""
        return {name: attack.control for name, attack in self.attacks.items()}


@cache
def catalogue() -> Catalogue:
    """Return what this installation has.

    Raises:
        NotAControl, NotAnAttack: a file that should hold one does not.
    """
    folders = [importlib.import_module(f"bartizan.{room.name}.controls") for room in rooms()]
    controls = discover(*folders)
    attacks = discover_attacks(attacks_folder)
    rows = dict(promises(controls))
    for attack in attacks.values():
        room, _, words = attack.control.partition(".")
        rows.setdefault(attack.control, Promise(attack.control, words.replace("-", " "), room, 0))
    return Catalogue(rows, controls, attacks)
