"""One call of the Admin API, read and typed; and what a route is bound to.

Rules of this file: a route is bound to a function whose types are the route's own, so that the type checker finds one that
takes or returns something else.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from bartizan.admin.route import AnyRoute, Route
from bartizan.app.admin.caller import Caller

_Body = TypeVar("_Body")
_Query = TypeVar("_Query")
_Answer = TypeVar("_Answer")


class Call(msgspec.Struct, Generic[_Body, _Query], frozen=True):
    """A call that was let in.

    Attributes:
        caller: who calls.
        segments: of the path, by their names; each is of its form.
        body, query: as the route's types have them.
    """

    caller: Caller
    segments: Mapping[str, str]
    body: _Body
    query: _Query


class Bound(msgspec.Struct, frozen=True):
    """A route, and what carries it out: at once, or in a while."""

    route: AnyRoute
    work: Callable[[Call[Any, Any]], Any]


def shown(route: Route[_Body, _Query, _Answer], work: Callable[[Call[_Body, _Query]], _Answer]) -> Bound:
    """Return a route that is answered at once: nothing happens between its answer and what is done by it."""
    return Bound(route, work)


def done(
    route: Route[_Body, _Query, _Answer], work: Callable[[Call[_Body, _Query]], Awaitable[_Answer]]
) -> Bound:
    """Return a route that takes a while: others are served meanwhile."""
    return Bound(route, work)
