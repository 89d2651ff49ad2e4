"""An application's request to a person, with the challenge left out or made plain, so that whoever sees the code can use it."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, formed, refused, trace, worst

_HOME = "https://drill-downgraded.example/back"
_DOWNGRADED: tuple[dict[str, str], ...] = (
    {},
    {"code_challenge": "x" * 43},
    {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
    {"code_challenge": "x" * 43, "code_challenge_method": "s256"},
    {"code_challenge": "x", "code_challenge_method": "S256"},
    {"code_challenge_method": "S256"},
)


def _act(target: Target) -> Outcome:
    scene = target.scene().platform  # where nobody tries secrets, so that nobody is slowed down
    client, secret = scene.client("drill-downgraded", ("caller",), _HOME)
    asks = {"client_id": client, "client_secret": secret, "response_type": "code", "redirect_uri": _HOME}
    honest = formed(scene.door, "/oauth/par", **asks, code_challenge="x" * 43, code_challenge_method="S256")
    if not honest.served:
        return Undecided(f"an honest request was answered {honest.status}", trace(honest))
    goal = "a person could be asked for a code that is good without its verifier"
    return worst(
        [refused(formed(scene.door, "/oauth/par", **asks, **said), INVALID, goal) for said in _DOWNGRADED]
    )


ATTACK = Attack(
    name="challenge-left-out",
    control="access.request-authenticated",
    title="PKCE downgrade",
    skill=2,
    stage=Stage.SCENE,
    because="a code without a verifier is a bearer secret in a browser's address (RFC 9700 sections 2.1.1 and 4.8)",
    references=("AML.T0012", "API2:2023", "CWE-757"),
    weakening="challenges_optional",
    act=_act,
)
