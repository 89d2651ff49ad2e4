"""The services behind the gateway of the tests: one of each protocol, and one more."""

from bartizan.crypto.secret import Secret
from bartizan.gateway.inspected import VERDICT
from bartizan.gateway.service import ServiceLimits, ServiceRoute, ServiceTools

BEARER = Secret(b"Bearer upstream-credential")
KEY = Secret(b"upstream-key")
TOOLS = ServiceTools(approved=frozenset({"drop"}))


def services(limits: ServiceLimits, *, tls: bool) -> tuple[ServiceRoute, ...]:
    return (
        ServiceRoute("main", "api.example.com", credential=BEARER, tls=tls, limits=limits),
        ServiceRoute("spare", "spare.example.com:8000", base="/api/v1", limits=limits),
        ServiceRoute("claude", "api.anthropic.com", "anthropic", credential=KEY, tls=tls, limits=limits),
        ServiceRoute("az", "az.openai.example", "azure", "/openai", credential=KEY, limits=limits),
        ServiceRoute("tools", "tools.example", "mcp", "/mcp", credential=BEARER, limits=limits, tools=TOOLS),
        ServiceRoute("control", "control", protocol="control", base=""),
        ServiceRoute("judge", "judge", protocol="judge", base="", limits=limits, guard=VERDICT),
    )
