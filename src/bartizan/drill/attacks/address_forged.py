"""A stranger who says in each request that it comes from elsewhere, so that no limit and no record finds them."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import UNAUTHENTICATED
from bartizan.ledger.entry import Entry

_FIELDS = (
    ("x-forwarded-for", "203.0.113.{}"),
    ("forwarded", "for=203.0.113.{};proto=https"),
    ("x-real-ip", "203.0.113.{}"),
    ("x-client-ip", "203.0.113.{}"),
    ("true-client-ip", "203.0.113.{}"),
    ("cf-connecting-ip", "203.0.113.{}"),
    ("x-envoy-external-address", "203.0.113.{}"),
)
_FORGED = "not-a-token"
_ROUNDS, _ROUND_S = 100, 0.05


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, since = scene.door("honest"), scene.platform.size()
    answers = [
        door.send("GET", door.path("models"), token=_FORGED, headers=[(name, value.format(number))])
        for number, (name, value) in enumerate((("x-nothing", ""), *_FIELDS), 1)
    ]
    if {answer.status for answer in answers} != UNAUTHENTICATED:
        return Undecided(f"answered {', '.join(str(answer.status) for answer in answers)}")
    for _ in range(_ROUNDS):
        found = [one for one in scene.platform.entries(since) if _is_of(one, answers[0].reason)]
        if sum(int(one.event.detail.get("count", 0)) for one in found) >= len(answers):
            sources = {one.event.actor for one in found}
            if len(sources) > 1:
                return GotThrough(f"one stranger counts as {len(sources)}, by fields that it wrote itself")
            return Held(f"{len(answers)} requests with forged addresses counted for one source")
        target.sleep(_ROUND_S)
    return Undecided("the refusals are not on record")


def _is_of(entry: Entry, reason: str) -> bool:
    return not entry.event.subject and entry.event.detail.get("reason") == reason


ATTACK = Attack(
    name="address-forged",
    control="gateway.rate-limited",
    title="forged client addresses",
    skill=1,
    stage=Stage.SCENE,
    because="who chooses the address that is counted is never over its limit, and blames others (OWASP API4:2023)",
    references=("API4:2023", "CWE-348", "CWE-290"),
    weakening="addresses_believed",
    act=_act,
)
