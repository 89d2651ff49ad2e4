"""Each turn of a conversation is read by itself."""

from collections.abc import Sequence

from bartizan.threats import judge
from bartizan.threats.conversation import Read, Reading, Tail, Turn
from bartizan.threats.inspect import Inspector

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    def apart(inspector: Inspector, user: Sequence[Turn], before: Tail, source: str) -> Reading:
        del inspector, user, before, source
        yield
        return Read((), Tail())

    judge.together = apart  # type: ignore[attr-defined]  # a weakening replaces one function
