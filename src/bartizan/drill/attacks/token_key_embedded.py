"""A token that brings the key it was signed with in its own header."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.forgery import Forger, read
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, worst


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    forger = Forger()
    embedded = {**header, "jwk": forger.jwk}
    return worst(
        [
            refused(
                target.door.chat(PLAIN, token=forger.signed(forged, claims)),
                UNAUTHENTICATED,
                "a token signed by a key out of its own header was accepted",
            )
            for forged in (embedded, {name: embedded[name] for name in embedded if name != "kid"})
        ]
    )


ATTACK = Attack(
    name="token-key-embedded",
    control="access.request-authenticated",
    title="jwk embedding",
    skill=4,
    stage=Stage.FRONT,
    because="RFC 8725 section 3.10: a verifier that reads `jwk` lets the attacker choose the key",
    references=("AML.T0091.000", "API2:2023", "CWE-347"),
    weakening="key_embedded",
    act=_act,
)
