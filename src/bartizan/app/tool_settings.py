"""What `bartizan.toml` says of the tools of a service that speaks the Model Context Protocol.

Rules of this file: as of `settings.py`.
"""

import enum
from collections.abc import Iterator, Mapping

import msgspec

from bartizan.app.forms import Pin, ToolName
from bartizan.config_form import Fault


class Unpinned(enum.Enum):
    """What becomes of a tool without a pin: it is pinned as it is first listed, or left out."""

    OBSERVE = "observe"
    REFUSED = "refused"


class Tools(msgspec.Struct, frozen=True):
    """What the tools of a service are trusted with.

    Attributes:
        unpinned: tools without a pin.
        pins: of each, name and SHA-256 of what it says of itself; several where it speaks in several ways.
        approved: names of tools that may be called though they are marked as ones that may destroy.
    """

    unpinned: Unpinned = Unpinned.OBSERVE
    pins: tuple[Pin, ...] = ()
    approved: tuple[ToolName, ...] = ()

    @property
    def pinned(self) -> Mapping[str, tuple[str, ...]]:
        """Name of each pinned tool -> its digests."""
        pairs = [pin.split(" ", 1) for pin in self.pins]
        return {name: tuple(pin for other, pin in pairs if other == name) for name, _ in pairs}


def pinning(path: tuple[str | int, ...], tools: Tools) -> Iterator[Fault]:
    """Yield which pins stand twice.

    Args:
        path: of the pins.
        tools: as they are configured.
    """
    for position, pin in enumerate(tools.pins):
        if pin in tools.pins[:position]:
            yield Fault((*path, position), "stands there already; keep one")
