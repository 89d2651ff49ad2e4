"""An application's request to a person, altered so that the answer goes to an address of the attacker's."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, formed, refused, trace, worst

_HOME = "https://drill-application.example/back"
_ELSEWHERE = (
    "https://evil.example/back",
    "https://drill-application.example.evil.example/back",
    "https://drill-application.example@evil.example/back",
    "https://drill-application.example/back/../elsewhere",
    "https://drill-application.example/back?to=https://evil.example",
    "https://drill-application.example/back#a",
    "http://drill-application.example/back",
    "https://DRILL-application.example/back",
    "javascript:alert(1)//",
)


def _act(target: Target) -> Outcome:
    scene = target.scene().platform  # where nobody tries secrets, so that nobody is slowed down
    client, secret = scene.client("drill-application", ("caller",), _HOME)
    asks = {
        "client_id": client,
        "client_secret": secret,
        "response_type": "code",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    honest = formed(scene.door, "/oauth/par", **asks, redirect_uri=_HOME)
    if not honest.served:
        return Undecided(f"an honest request was answered {honest.status}", trace(honest))
    goal = "a person's answer could be led to an address that the application did not register"
    return worst(
        [
            refused(formed(scene.door, "/oauth/par", **asks, redirect_uri=way), INVALID, goal)
            for way in _ELSEWHERE
        ]
    )


ATTACK = Attack(
    name="answer-led-elsewhere",
    control="access.request-authenticated",
    title="answer led to another address",
    skill=2,
    stage=Stage.SCENE,
    because="who gets a person's code is that person: an address is compared, not looked alike (RFC 9700 section 4.1)",
    references=("AML.T0012", "API2:2023", "CWE-601"),
    weakening="redirects_unchecked",
    act=_act,
)
