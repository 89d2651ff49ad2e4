"""A principal who is known, with a genuine token, but without the role that the service asks for."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import OUTSIDER, Target
from bartizan.drill.trial import FORBIDDEN, PLAIN, refused


def _act(target: Target) -> Outcome:
    answer = target.door.chat(PLAIN, token=target.caller(OUTSIDER))
    return refused(answer, FORBIDDEN, "a principal without any role was served")


ATTACK = Attack(
    name="role-missing",
    control="access.request-authorized",
    title="valid token, no role",
    skill=2,
    stage=Stage.FRONT,
    because="a compromised workload of one team must not reach another team's models (NIST SP 800-207, tenet 3)",
    references=("AML.T0012", "API5:2023", "CWE-862"),
    weakening="authorization_skipped",
    act=_act,
)
