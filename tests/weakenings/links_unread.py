"""A link leads wherever it seems to begin: who stands before an `@` is taken for the host."""

from bartizan.threats import links

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    sound = links._of_authority

    def weak(rest: str) -> str:
        return sound(rest.partition("@")[0])

    links._of_authority = weak  # a weakening replaces one function
