"""Requests to speak something else from here on: an upgrade, a tunnel, HTTP/2 out of nothing."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import answered_raw, worst

_UPGRADES = (
    (("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQAAP__")),
    (("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")),
    (("connection", "Upgrade"), ("upgrade", "TLS/1.0")),
)


def _act(target: Target) -> Outcome:
    door, token = target.door, target.caller()
    tries = [door.request("GET", door.path("models"), token=token, headers=fields) for fields in _UPGRADES]
    tries.append(door.request("CONNECT", "internal.example:443", token=token))
    tries.append(door.request("GET", f"http://internal.example{door.path('models')}", token=token))
    tries.append(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    goal = "a request to change the protocol, or to go elsewhere, was served"
    return worst([answered_raw(door.raw(octets), goal) for octets in tries])


ATTACK = Attack(
    name="protocol-switched",
    control="gateway.input-valid",
    title="upgrade, tunnel, h2c",
    skill=3,
    stage=Stage.FRONT,
    because="behind an upgrade or a tunnel nobody looks at the requests any more (CVE-2019-18277 and its cousins)",
    references=("AML.T0049", "API8:2023", "CWE-441"),
    weakening="upgrade_taken",
    act=_act,
)
