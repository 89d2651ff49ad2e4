"""Callbacks of the event loop that end what they belong to when they fail, and are heard.

Rules of this file: an error that nobody foresaw ends one connection and its request, never leaves it open without
a clock, and goes on to the loop's handler under a name of our own: uvloop takes an OSError out of a protocol's
callback for the end of the connection, and says nothing of it.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class CallbackFailed(Exception):
    """A callback failed in a way that nobody foresaw; the cause says how."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("a callback of the gateway failed; report it as a fault")


class Abortable(Protocol):
    """What a callback belongs to."""

    def abort(self) -> None:
        """End it at once."""
        ...


A = TypeVar("A", bound=Abortable)
T = TypeVar("T")
P = ParamSpec("P")


def ending(callback: Callable[[A], None]) -> Callable[[A], None]:
    """Return a method that aborts what it belongs to when it raises.

    Raises:
        CallbackFailed: from whatever the method raised.
    """

    @functools.wraps(callback)
    def guarded(self: A) -> None:
        try:
            callback(self)
        except CallbackFailed:  # of another that this one called
            self.abort()
            raise
        except Exception as fault:
            self.abort()
            raise CallbackFailed from fault

    return guarded


def ending_of_one(callback: Callable[[A, T], None]) -> Callable[[A, T], None]:
    """Return the same for a method of one argument: packing that would cost as much as the call."""

    @functools.wraps(callback)
    def guarded(self: A, argument: T) -> None:
        try:
            callback(self, argument)
        except CallbackFailed:
            self.abort()
            raise
        except Exception as fault:
            self.abort()
            raise CallbackFailed from fault

    return guarded


def ending_of_more(callback: Callable[Concatenate[A, P], None]) -> Callable[Concatenate[A, P], None]:
    """Return the same for a method of whatever arguments."""

    @functools.wraps(callback)
    def guarded(self: A, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            callback(self, *arguments, **named)
        except CallbackFailed:
            self.abort()
            raise
        except Exception as fault:
            self.abort()
            raise CallbackFailed from fault

    return guarded
