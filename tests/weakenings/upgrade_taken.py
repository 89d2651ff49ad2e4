"""Fields that ask for another protocol are passed over."""

from bartizan.gateway import framing_rules, request
from bartizan.gateway.subject import RequestFacts

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(facts: RequestFacts) -> str:  # noqa: ARG001 - that is the weakness
        return ""

    framing_rules._hop = weak
    request._llhttp_agrees = lambda head, reading: True  # noqa: ARG005 - that is the weakness
