"""Heads that two readers would divide differently: folded lines, bare line ends, octets that are none of a head's."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import answered_raw, worst

_LINES = (
    b"x: a\r\n content-length: 5",
    b"x: a\ncontent-length: 5",
    b"x: a\rcontent-length: 5",
    b"x: a\x00b",
    b"x : a",
    b": a",
    b"x\x0b: a",
)


def _act(target: Target) -> Outcome:
    plain = target.door.request("GET", target.door.path("models"), token=target.caller())
    goal = "a head that two readers would divide differently was served"
    return worst([answered_raw(target.door.raw(plain[:-2] + line + b"\r\n\r\n"), goal) for line in _LINES])


ATTACK = Attack(
    name="head-ambiguous",
    control="gateway.input-valid",
    title="folded and broken lines",
    skill=3,
    stage=Stage.FRONT,
    because="where one reader sees a field and another a line of it, one of them is bypassed (RFC 9112 sections 2.2, 5)",
    references=("AML.T0049", "API8:2023", "CWE-444"),
    weakening="head_unchecked",
    act=_act,
)
