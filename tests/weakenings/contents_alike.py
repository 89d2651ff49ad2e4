"""A file that is still there counts as what was signed."""

from bartizan.artifact import compare

MODULES = ("bartizan",)


def apply() -> None:
    compare._changed = lambda *_: iter(())  # a weakening replaces one function
