"""Bodies that a service's description does not have: doubled, unknown, missing and extreme members, another media type."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, unreached

_PATH = "/shop/orders"
_BODIES = (
    '{"item":"a","count":1,"count":9999}',
    '{"item":"a","count":1,"price":0}',
    '{"item":"a","count":1,"__proto__":{"admin":true}}',
    '{"item":"a","count":9999}',
    '{"item":"a","count":"1"}',
    '{"item":"a"}',
    '{"item":["a"],"count":1}',
    '[{"item":"a","count":1}]',
    '{"item":"a","count":1e999}',
    '{"item":"a","count":1',
)
_GOOD = b'{"item":"a","count":1}'
_MEDIA = ("text/plain", "application/xml", "multipart/form-data; boundary=a")


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("shop"), scene.platform.caller()
    honest = door.send("POST", _PATH, token=token, body=_GOOD)
    if not honest.served:
        return Undecided(f"a body as it is described was answered {honest.status}")
    return unreached(
        scene,
        "shop",
        lambda: [
            *(door.send("POST", _PATH, token=token, body=body.encode()) for body in _BODIES),
            *(
                door.send("POST", _PATH, token=token, headers=[("content-type", media)], body=_GOOD)
                for media in _MEDIA
            ),
        ],
        INVALID,
        "a body went on that the service's description does not have",
        lambda arrived: arrived.path == _PATH,
    )


ATTACK = Attack(
    name="body-undescribed",
    control="gateway.input-valid",
    title="bodies beyond the description",
    skill=2,
    stage=Stage.SCENE,
    because="a member that nobody expects sets a price, a role or a prototype (OWASP API3:2023, mass assignment)",
    references=("API3:2023", "CWE-915", "CWE-20"),
    weakening="schemas_unread",
    act=_act,
    needs="jsonschema_rs",
)
