"""Who may have applications of one host register themselves registers others: led elsewhere, or with tokens of their own."""

import json

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.door import Answer
from bartizan.drill.forgery import read
from bartizan.drill.target import CONTROL, Platform, Target
from bartizan.drill.trial import FORBIDDEN, UNAUTHENTICATED, formed, refused, trace, worst

_PATH = "/oauth/register"
_HERE, _ELSEWHERE = "https://app.example/back", "https://app.example.elsewhere.example/back"
_OVERREACHING: tuple[dict[str, object], ...] = (
    {"redirect_uris": [_ELSEWHERE]},
    {"redirect_uris": [_HERE, _ELSEWHERE]},
    {"redirect_uris": ["http://127.0.0.1/back"]},
    {"grant_types": ["authorization_code", "client_credentials"]},
)
"""What differs from what is permitted: addresses that look alike, one among good ones, another scheme, another grant."""


def _act(target: Target) -> Outcome:
    platform = target.scene().platform
    client, secret = platform.client("drill-developer", ("developer",), "")
    own = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    given = formed(platform.door, "/oauth/token", **own, audience=CONTROL)
    if not given.served:
        return Undecided(f"a developer's request for a token was answered {given.status}", trace(given))
    token = str(json.loads(given.body)["access_token"])
    wanted: dict[str, object] = {"redirect_uris": [_HERE], "resource": f"{read(token)[1]['iss']}/honest"}
    honest = _registered(platform, token, wanted)
    if not honest.served:
        return Undecided(f"a registration that is permitted was answered {honest.status}", trace(honest))
    goal = "an application registered itself that no policy permits"
    statuses = UNAUTHENTICATED | FORBIDDEN
    tries = [_registered(platform, token, wanted | said) for said in _OVERREACHING]
    tries.append(_registered(platform, "", wanted))
    return worst([refused(answer, statuses, goal) for answer in tries])


def _registered(platform: Platform, token: str, wanted: dict[str, object]) -> Answer:
    """Return the answer to a registration; one without a token is nobody's."""
    return platform.door.send("POST", _PATH, token=token, body=json.dumps(wanted).encode())


ATTACK = Attack(
    name="registration-overreached",
    control="access.request-authorized",
    title="application that registers itself",
    skill=2,
    stage=Stage.SCENE,
    because="a name that people trust and an address of the attacker's make an application that gets their codes (RFC 7591, 5)",
    references=("AML.T0012", "API5:2023", "CWE-285"),
    weakening="registrations_unasked",
    act=_act,
)
