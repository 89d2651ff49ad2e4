"""What a client's connection is about, at any moment."""

import enum


class Phase(enum.Enum):
    """What a connection is about."""

    HEAD = enum.auto()
    BODY = enum.auto()
    BUSY = enum.auto()
    RESTING = enum.auto()
    LINGERING = enum.auto()
    CLOSED = enum.auto()
