"""A page of somebody else's has the browser of a person who is signed in send a form of the platform's."""

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import FORBIDDEN, refused, trace, worst
from bartizan.drill.visitor import NotSignedIn, Visitor

_FORM = "/people/sign-out-everywhere"
_EVIL = "https://prizes.example"
_INVENTED = "drill" * 8 + "abc"
_GOAL = "a form that another site sent was taken for the person's own"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    try:
        victim, attacker = (Visitor(twin, name).sign_in() for name in ("drill-victim", "drill-forger"))
        theirs, known = attacker.form, victim.form
    except NotSignedIn as fault:
        return fault.undecided
    answers = (
        victim.send(_FORM, _EVIL, csrf=known),
        victim.send(_FORM, "null", csrf=known),  # a document in a sandbox, such as a service's answer
        victim.send(_FORM, csrf=_INVENTED),
        victim.send(_FORM, csrf=theirs),
    )
    if not victim.is_signed_in:
        return GotThrough(_GOAL, trace(*answers))
    return worst([refused(answer, FORBIDDEN, _GOAL) for answer in answers])


ATTACK = Attack(
    name="form-forged",
    control="access.request-authenticated",
    title="form sent by another site",
    skill=2,
    stage=Stage.TWIN,
    because="a cookie goes along with whatever a browser sends; that it came does not say who meant it (CSRF)",
    references=("API2:2023", "CWE-352"),
    weakening="forms_unchecked",
    act=_act,
)
