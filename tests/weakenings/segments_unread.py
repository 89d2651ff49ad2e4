"""An open segment of a described path goes on as it came."""

from bartizan.gateway.openapi import api
from bartizan.gateway.openapi.target import Parameter

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(one: Parameter, octets: bytes) -> bytes:  # noqa: ARG001 - that is the weakness
        return octets

    api.segment = weak  # type: ignore[attr-defined]  # a weakening replaces one function
