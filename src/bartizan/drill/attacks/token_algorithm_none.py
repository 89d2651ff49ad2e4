"""A token that says that it needs no signature."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.forgery import read, unsigned
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, worst


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    return worst(
        [
            refused(
                target.door.chat(PLAIN, token=unsigned({**header, "alg": word}, claims) + ending),
                UNAUTHENTICATED,
                "a token without a signature was accepted",
            )
            for word in ("none", "None", "NONE")
            # The second ending is one octet of "signature", for readers that refuse an empty one.
            for ending in ("", "AA")
        ]
    )


ATTACK = Attack(
    name="token-algorithm-none",
    control="access.request-authenticated",
    title="algorithm none",
    skill=2,
    stage=Stage.FRONT,
    because="RFC 8725 section 2.1: libraries have believed a header that switches the signature off",
    references=("AML.T0091.000", "API2:2023", "CWE-347"),
    weakening="algorithm_none",
    act=_act,
)
