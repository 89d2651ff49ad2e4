"""What a source does: one address prefix, and how many principals fail there against how many succeed.

Rules of this file: pure; sharded by source. Only good sign-ins make a source familiar, on several days, and no number of
tries takes that away. A source is weighed against its own habit, so that an office behind one address has its typing errors.
"""

import msgspec

from bartizan.access.signin.counted import distinct, excess, mark
from bartizan.access.signin.subject import GUESSES, PROOFS, Reason, Seen, SignIn
from bartizan.access.signin.suspicion import Kind, Suspicion, suspicion
from bartizan.control import Watch

WINDOW = 7
"""Days that are weighed together."""
_FAMILIAR_DAYS = 3
_SHARED_DAYS = 2
_SLIPS = 0.15
"""Of those who sign in well, how many fail in the same days: with a slip, or an old password."""
_FLOOR = 0.5
_LEARNT = 0.2
_LEAST = 2.0
_MOST_DAYS = 99


class Day(msgspec.Struct, frozen=True, gc=False):
    """One day of a source: marks of who failed and who succeeded, and how many tries named nobody."""

    day: int
    failed: int = 0
    good: int = 0
    nobody: int = 0


class Source(msgspec.Struct, frozen=True, gc=False):
    """What is known of a source.

    Attributes:
        days: the last of `WINDOW` days on which anything came from there, oldest first.
        good_days: on how many days a good sign-in came from there.
        principals: marks of who ever signed in well there.
        usual: how many fail there on a day, learnt slowly.
        tries: refused tries, all together.
    """

    days: tuple[Day, ...] = ()
    good_days: int = 0
    principals: int = 0
    usual: float = 0.0
    tries: int = 0

    @property
    def earned(self) -> bool:
        """Whether a stranger could not have made this one."""
        return self.good_days > 0

    @property
    def shared(self) -> bool:
        """Whether several principals use it, and not only today."""
        return self.good_days >= _SHARED_DAYS and self.principals.bit_count() > 1

    @property
    def familiar(self) -> bool:
        """Whether it has been used well for long enough to be somebody's."""
        return self.good_days >= _FAMILIAR_DAYS or self.shared


def _step(state: Source, signin: SignIn) -> tuple[Source, tuple[Suspicion, ...]]:
    if signin.good:
        return _well(state, signin), ()
    if signin.reason in PROOFS and not signin.principal:
        return _tried(state), (_proof(signin),)
    if signin.reason not in GUESSES:
        return state, ()
    state = _failed(_tried(state), signin)
    kind, weight = _weighed(state)
    if weight < _LEAST:
        return state, ()
    return state, (suspicion(kind, f"{kind.value}.source", weight, signin.source, signin),)


def _tried(state: Source) -> Source:
    return msgspec.structs.replace(state, tries=state.tries + 1)


def _proof(signin: SignIn) -> Suspicion:
    kind = PROOF_KINDS[signin.reason]
    return suspicion(kind, f"{kind.value}.source", float(signin.count), signin.source, signin)


PROOF_KINDS = {
    Reason.TOKEN_REPLAYED: Kind.TOKEN_REPLAY,
    Reason.PROOF_REPLAYED: Kind.PROOF_REPLAY,
    Reason.REFRESH_REUSED: Kind.REFRESH_REUSE,
}
"""What a refusal that names an attack by itself looks like."""


def _well(state: Source, signin: SignIn) -> Source:
    placed = mark(signin.principal)
    last = state.days[-1] if state.days else None
    if last is not None and last.day >= signin.day and last.good & placed:
        return state
    state = _today(state, signin.day)
    day = state.days[-1]
    first = not day.good
    day = msgspec.structs.replace(day, good=day.good | placed)
    return Source(
        (*state.days[:-1], day),
        min(state.good_days + first, _MOST_DAYS),
        state.principals | placed,
        state.usual,
        state.tries,
    )


def _failed(state: Source, signin: SignIn) -> Source:
    state = _today(state, signin.day)
    day = state.days[-1]
    if signin.principal:
        day = msgspec.structs.replace(day, failed=day.failed | mark(signin.principal))
    else:
        day = msgspec.structs.replace(day, nobody=day.nobody + signin.count)
    return msgspec.structs.replace(state, days=(*state.days[:-1], day))


def _today(state: Source, day: int) -> Source:
    """Return a state whose last day is this one; what comes late counts for the last day that there is."""
    if state.days and state.days[-1].day >= day:
        return state
    usual = state.usual
    if state.days:
        # slowly, and never by more than doubling: who fails more and more from one place does not become usual there
        seen = min(_fails(state.days[-1]), 2 * usual + 1)
        usual += _LEARNT * (seen - usual)
    kept = tuple(each for each in state.days if each.day > day - WINDOW)
    return msgspec.structs.replace(state, days=(*kept, Day(day)), usual=usual)


def _fails(day: Day) -> float:
    return distinct(day.failed) + day.nobody


def _weighed(state: Source) -> tuple[Kind, float]:
    """Return what the tries of today and of the whole window look like, and how surprising they are."""
    today = state.days[-1]
    failed = good = 0
    for day in state.days:
        failed, good = failed | day.failed, good | day.good
    nobody = sum(day.nobody for day in state.days)
    usual, many = state.usual, len(state.days)
    weight = max(
        excess(_fails(today), usual + _SLIPS * distinct(today.good) + _FLOOR),
        excess(distinct(failed) + nobody, many * usual + _SLIPS * distinct(good) + _FLOOR),
    )
    return (Kind.STUFFING if nobody > distinct(failed) else Kind.SPRAYING), weight


def seen(state: Source, signin: SignIn, age: int) -> Seen:
    """Return a sign-in with what was known of its source before it."""
    nowhere = not signin.source
    return Seen(signin, nowhere or state.familiar, not nowhere and state.shared, age)


WATCH = Watch("access.login-anomaly", lambda signin: signin.source, Source(), _step)
