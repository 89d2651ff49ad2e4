"""What begins with a dot is no part of an artifact."""

from collections.abc import Iterator

from bartizan.artifact import walk
from bartizan.artifact.walk import Seen

MODULES = ("bartizan",)


def apply() -> None:
    real = walk._listed

    def weak(root: int, folder: str) -> Iterator[Seen]:
        return (seen for seen in real(root, folder) if not seen.name.startswith("."))

    walk._listed = weak  # a weakening replaces one function
