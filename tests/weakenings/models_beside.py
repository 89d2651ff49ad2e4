"""A body for a deployment goes on as it came, with the model that it names."""

from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols.azure import DeploymentBody

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = DeploymentBody.read

    def weak(self: DeploymentBody, body: bytes) -> Judged:
        judged = real(self, body)
        return Judged(body, judged.model, judged.stream, judged.most_tokens)

    DeploymentBody.read = weak  # type: ignore[method-assign]  # a weakening replaces one function
