"""What stands between the members of an archive and belongs to none is not looked for."""

from bartizan.supply.containers import zip as archives

MODULES = ("bartizan",)


def apply() -> None:
    archives._closed = lambda *_, **__: True  # a weakening replaces one function
