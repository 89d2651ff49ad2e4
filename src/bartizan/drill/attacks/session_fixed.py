"""A cookie is planted in a person's browser before they sign in; whoever planted it shows it afterwards."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import trace
from bartizan.drill.visitor import NotSignedIn, Visitor

_INVENTED = "drill" * 8 + "abc"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    answers = []
    try:
        own = Visitor(twin, "drill-planter").sign_in().cookie
        for planted in (_INVENTED, own):
            Visitor(twin, "drill-victim", cookie=planted).sign_in()
            answers.append(Visitor(twin, "drill-planter", cookie=planted).page())
    except NotSignedIn as fault:
        return fault.undecided
    if any(answer.served for answer in answers):
        return GotThrough("a cookie of the attacker's choice is signed in as the person", trace(*answers))
    return Held("each sign-in has a new cookie, and ends what there was", trace(*answers))


ATTACK = Attack(
    name="session-fixed",
    control="access.request-authenticated",
    title="cookie planted before a sign-in",
    skill=2,
    stage=Stage.TWIN,
    because="a session whose name somebody else chose is theirs as soon as its person has signed in",
    references=("API2:2023", "CWE-384"),
    weakening="sessions_taken_up",
    act=_act,
)
