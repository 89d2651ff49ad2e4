"""Of two Host fields the first one counts."""

from bartizan.gateway import framing_rules

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    del framing_rules._ONCE[b"host"]
