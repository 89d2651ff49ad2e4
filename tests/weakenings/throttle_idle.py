"""Nobody waits before a secret is looked at."""

from bartizan.access.signin.throttle import Throttle
from bartizan.clock import Nanoseconds

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(self: Throttle, source: str, client: str, now: Nanoseconds) -> Nanoseconds:  # noqa: ARG001 - that is the weakness
        return Nanoseconds(0)

    Throttle.wait = weak  # type: ignore[method-assign]  # a weakening replaces one function
