"""Each piece of a stream is let go as it is."""

from collections.abc import Iterator

from bartizan.threats.inspect import Found
from bartizan.threats.lane import Lane

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    def weak(self: Lane, text: str) -> Iterator[Found]:
        del self, text
        return iter(())

    Lane._findings = weak  # type: ignore[method-assign]  # a weakening replaces one function
