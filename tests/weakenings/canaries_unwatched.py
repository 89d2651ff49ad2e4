"""Nobody looks whether an answer tells the mark of its system prompt."""

from collections.abc import Iterator

from bartizan.text.mark import Mark, Span

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    def weak(self: Mark, text: str) -> Iterator[Span]:
        del self, text
        return iter(())

    Mark.found = weak  # type: ignore[method-assign]  # a weakening replaces one function
