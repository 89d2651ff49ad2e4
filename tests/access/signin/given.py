"""Sign-ins for tests: drawn ones, and plain ones by day and hour."""

from hypothesis import strategies as st

from bartizan.access.signin.subject import Act, Reason, SignIn
from bartizan.clock import DAY, MINUTE

MONDAY = 20_458
HOUR = 60 * MINUTE
_FEW = st.integers(0, 4)


def at(day: float, hour: float = 9.0) -> int:
    return int((MONDAY + day) * DAY + hour * HOUR)


def signin(
    day: float, hour: float = 9.0, principal: str = "p-1", source: str = "a-1", **more: object
) -> SignIn:
    return SignIn(at(day, hour), "log", principal=principal, source=source, **more)  # type: ignore[arg-type]  # fields of SignIn


def wrong(
    day: float, hour: float = 9.0, principal: str = "p-1", source: str = "a-9", **more: object
) -> SignIn:
    reason = Reason.SECRET_WRONG if principal else Reason.PRINCIPAL_UNKNOWN
    return signin(day, hour, principal, source, reason=reason, **more)


@st.composite
def _drawn(draw: st.DrawFn) -> SignIn:
    reason = draw(st.sampled_from([Reason.NONE, Reason.NONE, Reason.NONE, *Reason]))
    return SignIn(
        at(draw(st.integers(0, 40)), draw(st.integers(0, 23))),
        draw(st.sampled_from(["log", "other"])),
        draw(st.sampled_from(Act)),
        reason,
        principal="" if reason is Reason.PRINCIPAL_UNKNOWN else f"p-{draw(_FEW)}",
        source=draw(st.sampled_from(["", "a-1", "a-2", "a-3"])),
        client=f"c-{draw(_FEW)}",
        device=draw(st.sampled_from(["", "d-1", "d-2"])),
        place=draw(st.sampled_from(["", "l-1", "l-2"])),
        session=draw(st.sampled_from(["", "s-1", "s-2"])),
        grave=draw(st.booleans()),
        count=draw(st.integers(1, 30)),
    )


SIGN_INS = st.lists(_drawn(), max_size=60).map(lambda found: sorted(found, key=lambda each: each.at))
