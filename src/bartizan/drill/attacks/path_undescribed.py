"""Targets that a service's description does not have: other paths, methods and parameters, and ways up and out."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import unreached

_REFUSED = frozenset({400, 404, 405})
_TARGETS = (
    ("GET", "/shop/admin"),
    ("GET", "/shop/items/1/price"),
    ("DELETE", "/shop/items/1"),
    ("GET", "/shop/items/1?debug=true"),
    ("GET", "/shop/items/..%2Fadmin"),
    ("GET", "/shop/items/..%5Cadmin"),
    ("GET", "/shop/items/%2e%2e"),
    ("GET", "/shop/items/%252e%252e%252fadmin"),
    ("GET", "/shop/items/..%3Bx"),
    ("GET", "/shop/items/1%3Fdebug=true"),
    ("GET", "/shop/items/a%00b"),
    ("GET", "/shop/items/../admin"),
    ("GET", "/shop//admin"),
)


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("shop"), scene.platform.caller()
    honest = door.send("GET", "/shop/items/1", token=token)
    if not honest.served:
        return Undecided(f"a path as it is described was answered {honest.status}")
    return unreached(
        scene,
        "shop",
        lambda: [door.send(method, path, token=token) for method, path in _TARGETS],
        _REFUSED,
        "a target went on that the service's description does not have",
        lambda arrived: arrived.method != "POST",
    )


ATTACK = Attack(
    name="path-undescribed",
    control="gateway.input-valid",
    title="ways around the description",
    skill=3,
    stage=Stage.SCENE,
    because="what nobody described nobody guards: old versions, administration, files (OWASP API9:2023)",
    references=("API9:2023", "API5:2023", "CWE-22"),
    weakening="segments_unread",
    act=_act,
    needs="jsonschema_rs",
)
