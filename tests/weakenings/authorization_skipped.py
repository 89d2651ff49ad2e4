"""Every known principal may do everything that no policy forbids but call tools."""

from bartizan.access.decide import Circumstances, Decider
from bartizan.access.outcome import Allowed, Authenticated, Refused

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Decider.decide

    def weak(
        self: Decider,
        who: Authenticated,
        action: str,
        service: str,
        circumstances: Circumstances,
        generation: int,
    ) -> Allowed | Refused:
        answer = real(self, who, action, service, circumstances, generation)
        if action == "call-tool" or isinstance(answer, Allowed) or answer.reason != "policy-denied":
            return answer
        return Allowed((), generation, who.until)

    Decider.decide = weak  # type: ignore[method-assign]  # a weakening replaces one function
