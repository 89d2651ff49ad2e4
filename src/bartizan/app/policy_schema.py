"""The Cedar schema of this installation: what every room ships of it, as one."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from bartizan.policy.schema import compose

FRAGMENT: Final = "schema.cedarschema"
"""What a room calls its part."""


def fragments() -> Mapping[str, str]:
    """Return what each room ships, by its name: a room that has something to decide puts a file into its folder."""
    folders = sorted(files("bartizan").iterdir(), key=lambda each: each.name)
    parts = {folder.name: folder.joinpath(FRAGMENT) for folder in folders if folder.is_dir()}
    return {room: part.read_text("utf-8") for room, part in parts.items() if part.is_file()}


@cache
def schema() -> str:
    """Return the whole schema.

    Raises:
        PolicyInvalid: the fragments do not fit each other; names the room.
    """
    return compose(fragments())
