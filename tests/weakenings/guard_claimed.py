"""The platform claims a guard against prompt injection that it does not have."""

from bartizan.app import catalogue

MODULES = ("bartizan",)


def apply() -> None:
    catalogue.BUILT_IN |= {"threats.prompt-injection"}  # type: ignore[misc]  # a weakening replaces one value
