"""A person's answer goes to whatever address the request names."""

from collections.abc import Iterable

from bartizan.app import lending

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(asked: str, registered: Iterable[str]) -> bool:  # noqa: ARG001 - that is the weakness
        return True

    lending.matches = weak  # type: ignore[attr-defined]  # where it is used
