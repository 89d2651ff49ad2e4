"""A person who is signed in names what is another person's: a session of theirs, in a form of their own."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import trace
from bartizan.drill.visitor import NotSignedIn, Visitor

_UNKNOWN = "/people?said=session-unknown"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    try:
        victim, other = (Visitor(twin, name).sign_in() for name in ("drill-victim", "drill-other"))
        answer = other.send("/people/session-end", csrf=other.form, session=victim.session)
    except NotSignedIn as fault:
        return fault.undecided
    if not victim.is_signed_in:
        return GotThrough("one person ended another person's session", trace(answer))
    if answer.headers.get("location") != _UNKNOWN:
        return Undecided(f"answered {answer.status}, which does not say why nothing was done", trace(answer))
    return Held("another person's session is as unknown as one that there never was", trace(answer))


ATTACK = Attack(
    name="session-of-another",
    control="access.request-authorized",
    title="form about another's session",
    skill=1,
    stage=Stage.TWIN,
    because="an id in a form is the sender's word; whose it is has to be asked (broken object level authorization)",
    references=("API1:2023", "CWE-639"),
    weakening="sessions_anyones",
    act=_act,
)
