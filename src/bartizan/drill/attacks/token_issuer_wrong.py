"""A token that says another issuer signed it, as that issuer's keys prove: an issuer of the attacker's."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.forgery import Forger, read
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, worst

_ELSEWHERE = "https://issuer.invalid"


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    forger, here = Forger(), str(claims["iss"])
    # as a prefix, another case, an authority that only begins like ours, and an issuer that is none of ours
    named = (f"{here}/", here.upper(), f"{here}.issuer.invalid", _ELSEWHERE)
    return worst(
        [
            refused(
                target.door.chat(
                    PLAIN, token=forger.signed({**header, "kid": "theirs"}, {**claims, "iss": iss})
                ),
                UNAUTHENTICATED,
                "a token was accepted of an issuer that nobody here trusts",
            )
            for iss in named
        ]
    )


ATTACK = Attack(
    name="token-issuer-wrong",
    control="access.request-authenticated",
    title="token of another issuer",
    skill=2,
    stage=Stage.FRONT,
    because="whoever runs an issuer signs what they like; only the pinned ones speak for people here (RFC 8725 section 3.8)",
    references=("AML.T0091.000", "API2:2023", "CWE-346"),
    weakening="issuers_unpinned",
    act=_act,
)
