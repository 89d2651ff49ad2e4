"""Somebody with a token of their own who shows the id of another caller's session with a server of tools."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import FLOODER, Target
from bartizan.drill.tool_server import BEGINNING, tell
from bartizan.drill.trial import unreached

_UNKNOWN = frozenset({404})


def _act(target: Target) -> Outcome:
    scene = target.scene()
    owner, thief = scene.platform.caller(), scene.platform.caller(FLOODER)
    begun = tell(scene, "tools", "initialize", BEGINNING, token=owner)
    session = begun.headers.get("mcp-session-id", "")
    own = tell(scene, "tools", "ping", {}, token=owner, session=session)
    if not session or not own.served:
        return Undecided(f"a session was answered {begun.status}, and its owner then {own.status}")
    bare = session.rpartition(".")[2]
    return unreached(
        scene,
        "tools",
        lambda: [
            tell(scene, "tools", "ping", {}, token=token, session=shown)
            for token, shown in ((thief, session), (thief, bare), (owner, bare))
        ],
        _UNKNOWN,
        "a session was used by somebody whom it was not given to",
        lambda arrived: "mcp-session-id" in arrived.fields,
    )


ATTACK = Attack(
    name="session-taken",
    control="gateway.input-valid",
    title="somebody else's session",
    skill=2,
    stage=Stage.SCENE,
    because="ids of sessions leak into logs and addresses, and who shows one is taken for its owner (CWE-384)",
    references=("API2:2023", "CWE-384", "CWE-639"),
    weakening="sessions_unbound",
    act=_act,
)
