"""How far a request has come, at any moment."""

import enum


class Stage(enum.Enum):
    """How far a request has come."""

    ARRIVING = enum.auto()
    ADMITTED = enum.auto()
    FORWARDED = enum.auto()
    ANSWERING = enum.auto()
    ENDED = enum.auto()


ARRIVING, ADMITTED, FORWARDED, ANSWERING, ENDED = Stage  # looking a member up costs five times as much
