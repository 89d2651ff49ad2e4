"""A call of a tool that a policy keeps from everybody, by a caller who may use the others."""

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.tool_server import call, listed, tell, uncalled

_TOOL, _OTHER = "payroll", "weather"


def _act(target: Target) -> Outcome:
    scene = target.scene()
    token = scene.platform.caller()
    found = listed(tell(scene, "tools", "tools/list", {}, token=token))
    other = call(scene, "tools", _OTHER, token=token)
    if _OTHER not in found or not other.served:
        return Undecided(f"a tool that the policy allows was answered {other.status}")
    if _TOOL in found:
        return GotThrough("a tool was offered that a policy forbids")
    return uncalled(scene, "tools", _TOOL, "a tool was called that a policy forbids", token=token)


ATTACK = Attack(
    name="tool-forbidden",
    control="access.request-authorized",
    title="tool that policy forbids",
    skill=1,
    stage=Stage.SCENE,
    because="one token opens a whole server of tools, where each tool is a right of its own (OWASP API5:2023)",
    references=("AML.T0053", "API5:2023", "CWE-863"),
    weakening="tools_undecided",
    act=_act,
)
