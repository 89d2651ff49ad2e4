"""A Transfer-Encoding that ends with chunked is taken, whatever else it says."""

from bartizan.gateway import framing_rules
from bartizan.gateway.subject import RequestFacts

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(facts: RequestFacts, coding: bytes, length: bytes | None) -> str:  # noqa: ARG001 - that is the weakness
        return ""

    framing_rules._coding = weak
