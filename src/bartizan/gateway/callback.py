"""Callbacks of the event loop that end what they belong to when they fail, and are heard.

Rules of this file: an error that nobody foresaw ends one connection and its request, never leaves it open without
a clock, and goes on to the loop's handler under a name of our own: uvloop takes an OSError out of a protocol's
callback for the end of the connection, and says nothing of it.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast


class CallbackFailed(RuntimeError):
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


def ending(callback: Callable[Concatenate[A, P], None]) -> Callable[Concatenate[A, P], None]:
    """Return a method that aborts what it belongs to when it raises.

    Raises:
        CallbackFailed: from whatever the method raised.
    """
    arguments = callback.__code__.co_argcount + callback.__code__.co_kwonlyargcount
    if arguments in _WITHOUT_PACKING:
        return cast("Callable[Concatenate[A, P], None]", _WITHOUT_PACKING[arguments](callback))

    @functools.wraps(callback)
    def guarded(self: A, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            callback(self, *arguments, **named)
        except CallbackFailed:  # of another that this one called
            self.abort()
            raise
        except Exception as fault:
            self.abort()
            raise CallbackFailed from fault

    return guarded


def _alone(callback: Callable[[A], None]) -> Callable[[A], None]:
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


def _with_one(callback: Callable[[A, T], None]) -> Callable[[A, T], None]:
    @functools.wraps(callback)
    def guarded(self: A, argument: T) -> None:
        try:
            callback(self, argument)
        except CallbackFailed:  # of another that this one called
            self.abort()
            raise
        except Exception as fault:
            self.abort()
            raise CallbackFailed from fault

    return guarded


_WITHOUT_PACKING: Mapping[int, Callable[..., object]] = {1: _alone, 2: _with_one}
"""Number of arguments -> `ending` for just so many: packing them would cost as much as the call."""
