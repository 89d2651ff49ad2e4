"""A service that takes a call and hangs up, so that the gateway makes the same call again elsewhere."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Scene, Target
from bartizan.drill.trial import PLAIN

_CLOSED = 502


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("drops"), scene.platform.caller()
    before = _calls(scene)
    fresh = door.chat(PLAIN, token=token)
    listed = door.send("GET", door.path("models"), token=token)  # leaves a connection that has served
    kept = door.chat(PLAIN, token=token)
    made = _calls(scene) - before
    if made > 2:  # noqa: PLR2004 - the calls that were asked for
        return GotThrough(f"2 calls were made {made} times: what they do or cost is done twice")
    if not listed.served or {fresh.status, kept.status} != {_CLOSED} or made < 2:  # noqa: PLR2004 - as above
        return Undecided(f"answered {fresh.status}, {listed.status} and {kept.status}; {made} calls came")
    return Held("each call made once and answered with 502, though another target was free")


def _calls(scene: Scene) -> int:
    """Return how many calls came to either target."""
    return sum(one.method == "POST" for service in ("drops", "spare") for one in scene.arrived(service))


ATTACK = Attack(
    name="call-repeated",
    control="gateway.monitored",
    title="call made twice",
    skill=3,
    stage=Stage.SCENE,
    because="a call may have been done although no answer came: again, it is paid and done twice (RFC 9110 section 9.2.2)",
    references=("AML.T0034.000", "API10:2023", "CWE-841"),
    weakening="calls_repeated",
    act=_act,
)
