"""Where a TLS connection stands."""

import enum


class Phase(enum.Enum):
    """Where a connection stands."""

    HANDSHAKE = enum.auto()
    OPEN = enum.auto()
    CLOSED = enum.auto()
