"""Nobody reads what letters that were moved say."""

from collections.abc import Iterator

from bartizan.text.decode import letters
from bartizan.text.decode.reading import Reading

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    def weak(*_: object) -> Iterator[Reading]:
        return iter(())

    letters._swapped = weak  # type: ignore[assignment]  # a weakening replaces one function
