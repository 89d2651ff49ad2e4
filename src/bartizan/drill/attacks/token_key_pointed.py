"""A token whose header says where its key is to be found: at a file, or at an address of the attacker's."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.forgery import Forger, read, tagged
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, worst

_FILES = ("../../../../../../dev/null", "/dev/null", "' UNION SELECT '' -- ")
"""Where a key of no octets is: in an empty file, and in a row that the statement makes up."""
_ELSEWHERE = "https://keys.invalid/set.json"


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    forger = Forger()
    forged = [
        *(tagged({**header, "alg": "HS256", "kid": file}, claims, b"") for file in _FILES),
        *(forger.signed({**header, name: _ELSEWHERE}, claims) for name in ("jku", "x5u")),
        forger.signed({**header, "kid": _ELSEWHERE}, claims),
        forger.signed({**header, "x5c": ["MIIB"], "crit": ["x5c"]}, claims),
    ]
    return worst(
        [
            refused(
                target.door.chat(PLAIN, token=token),
                UNAUTHENTICATED,
                "a token was accepted whose own header says where its key is",
            )
            for token in forged
        ]
    )


ATTACK = Attack(
    name="token-key-pointed",
    control="access.request-authenticated",
    title="kid, jku and x5u tricks",
    skill=3,
    stage=Stage.FRONT,
    because="RFC 8725 section 3.10: `kid` is looked up as a path or in a statement, `jku` and `x5u` are fetched",
    references=("AML.T0091.000", "API2:2023", "CWE-73"),
    weakening="key_looked_up",
    act=_act,
)
