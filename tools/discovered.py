"""Every control there is, for the catalogue and the tests that serve all of them."""

from collections.abc import Mapping
from importlib import import_module

from bartizan.control import Control, discover
from bartizan.promise import rooms


def controls() -> Mapping[str, Control]:
    """Return every control of the seven rooms and of outside packages, by id."""
    return discover(*(import_module(f"bartizan.{room.name}.controls") for room in rooms()))
