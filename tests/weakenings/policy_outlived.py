"""Workers take every set of policies for the one that they have already."""

from bartizan.identity.state import PolicySource

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    PolicySource.digest = property(lambda _: "0" * 64)  # type: ignore[assignment,method-assign]
