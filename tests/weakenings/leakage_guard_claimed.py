"""The platform claims to stop leakage, and does not."""

from bartizan.app import catalogue

MODULES = ("bartizan",)


def apply() -> None:
    catalogue.BUILT_IN |= {"threats.leakage"}  # type: ignore[misc]  # a weakening replaces one value
