"""A person whose roles let them see no others opens the page about everybody, and sends a form of it."""

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import FORBIDDEN, refused, trace, worst
from bartizan.drill.visitor import NotSignedIn, Visitor

_GOAL = "a page showed everybody to a person whose roles do not permit it"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    try:
        victim = Visitor(twin, "drill-victim").sign_in()
        climber = Visitor(twin, "drill-climber", "ml-engineer").sign_in()
        answers = (
            climber.page("/people/everyone"),
            climber.send("/people/revoke", csrf=climber.form, principal="user.drill-victim"),
            climber.send("/people/erase", csrf=climber.form, principal="user.drill-victim"),
        )
    except NotSignedIn as fault:
        return fault.undecided
    if not victim.is_signed_in:
        return GotThrough("a person was revoked by one whose roles do not permit it", trace(*answers))
    return worst([refused(answer, FORBIDDEN, _GOAL) for answer in answers])


ATTACK = Attack(
    name="page-above-role",
    control="access.request-authorized",
    title="page above one's role",
    skill=1,
    stage=Stage.TWIN,
    because="a page that is not linked is not closed: each must ask who may (broken function level authorization)",
    references=("API5:2023", "CWE-862"),
    weakening="roles_unasked",
    act=_act,
)
