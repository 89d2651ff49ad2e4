"""A request with two Host fields, for two readers to disagree about."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import answered_raw


def _act(target: Target) -> Outcome:
    door = target.door
    request = door.request(
        "GET", door.path("models"), token=target.caller(), headers=[("host", "internal.example")]
    )
    return answered_raw(door.raw(request), "a request with two Host fields was served")


ATTACK = Attack(
    name="hosts-doubled",
    control="gateway.input-valid",
    title="two hosts",
    skill=3,
    stage=Stage.FRONT,
    because="a proxy and its upstream that pick different Hosts route past the policy (RFC 9112 section 3.2)",
    references=("AML.T0049", "API8:2023", "CWE-436"),
    weakening="hosts_doubled",
    act=_act,
)
