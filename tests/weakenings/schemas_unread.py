"""A body that a service's description does not have is forwarded as it came."""

from bartizan.gateway.faults import Refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.openapi.payload import SchemaBody

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = SchemaBody.read

    def weak(self: SchemaBody, body: bytes) -> Judged:
        try:
            return real(self, body)
        except Refusal:
            return Judged(body)

    SchemaBody.read = weak  # type: ignore[method-assign]  # a weakening replaces one function
