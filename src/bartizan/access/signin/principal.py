"""What becomes of a principal: its own sign-ins weighed against its habits, and strangers' tries with its name.

Rules of this file: pure; sharded by principal. One sign-in gives rise to one suspicion at most, of the kind that surprises
most, weighed by all that surprises. Only what was done with the principal's own credential is held against it.
"""

from collections.abc import Mapping
from math import log2
from typing import Final

import msgspec

from bartizan.access.signin.counted import distinct, mark
from bartizan.access.signin.profile import Profile, Session, Tries, learnt
from bartizan.access.signin.source import PROOF_KINDS
from bartizan.access.signin.subject import GUESSES, PROOFS, Act, Credential, Seen, SignIn
from bartizan.access.signin.suspicion import Kind, Suspicion, suspicion
from bartizan.clock import MINUTE
from bartizan.control import Watch

_SESSIONS: Final = 8
_LEARNING: Final = 7
_NEVER_SEEN: Final = 6.0
_STRANGE: Final = 2.0
_SHARED: Final = 0.3
_AWAY: Final = 14
_TRAVEL: Final = 480 * MINUTE
_TRAVEL_BITS: Final = 6.0
_KNOWN_TRAVEL: Final = 0.3
_NAMED: Final = 0.5
_LEAST: Final = 0.5
_CLEARLY: Final = 2.0
"""Bits from which device and source are new together: honest people change one after the other."""
_MACHINES: Final = frozenset({Credential.SECRET, Credential.KEY, Credential.CERTIFICATE})
"""What machines show: a job that begins is no person who was never there."""
_DAILY_TRIES: Final = 0.5
_OTHER_DEVICE, _OTHER_PLACE, _SESSION_LEAST = 6.0, 3.0, 2.0
_PROOF: Final = 4.0
_LATELY: Final = 2
Found = tuple[Suspicion, ...]


def _step(state: Profile, seen: Seen) -> tuple[Profile, Found]:
    signin = seen.signin
    if signin.reason in GUESSES:
        return _tried(state, seen)
    if signin.reason in PROOFS:
        return state, (_proof(state, seen),)
    if not signin.good or signin.act is Act.CONSENT:
        return state, ()
    if signin.act is Act.SIGN_IN:
        return _begun(learnt(state, signin), signin), _signed_in(state, seen)
    return _went_on(state, seen)


# ---- with its own credential -------------------------------------------------------------------------------
def _signed_in(state: Profile, seen: Seen) -> Found:
    if not state.days:
        return _first(seen)
    bits = _bits(state, seen)
    named = max((kind for kind in bits if kind is not Kind.UNUSUAL), key=lambda kind: bits[kind])
    kind = named if bits[named] >= _NAMED else Kind.UNUSUAL
    weight = sum(bits.values())
    if weight < _LEAST:
        return ()
    signin = seen.signin
    return (suspicion(kind, _stream(kind, state, seen), weight, signin.principal, signin, held=True),)


def _stream(kind: Kind, state: Profile, seen: Seen) -> str:
    """Return what a good sign-in is weighed among: what is rarer within a kind stands apart, so that the rest never hides it."""
    name: str = kind.value
    if kind is Kind.GUESSING:
        return f"{name}.held"
    if kind is not Kind.UNKNOWN_DEVICE:
        return name
    device = state.devices.novelty(seen.signin.device, state.days)
    return f"{name}.elsewhere" if min(device, _source(state, seen)) >= _CLEARLY else name


def _first(seen: Seen) -> Found:
    if seen.age < _LEARNING:
        return ()
    weight = _NEVER_SEEN + (0 if seen.familiar else _STRANGE)
    stream = f"{Kind.DORMANT.value}.{'machine' if seen.signin.credential in _MACHINES else 'first'}"
    return (suspicion(Kind.DORMANT, stream, weight, seen.signin.principal, seen.signin, held=True),)


def _bits(state: Profile, seen: Seen) -> Mapping[Kind, float]:
    """Return how surprising each thing about a good sign-in is, in bits."""
    signin, days = seen.signin, state.days
    source, place = _source(state, seen), state.places.novelty(signin.place, days)
    return {
        Kind.UNKNOWN_DEVICE: state.devices.novelty(signin.device, days),
        Kind.NEW_CLIENT: state.clients.novelty(signin.client, days),
        Kind.DORMANT: _pause(state, signin.day),
        Kind.IMPOSSIBLE: _travel(state, signin, place),
        Kind.GUESSING: _after_tries(state, signin) if source else 0.0,
        Kind.UNUSUAL: max(source, place) + min(source, place) / 2 + state.hour_bits(signin.at) / 2,
    }


def _source(state: Profile, seen: Seen) -> float:
    return state.sources.novelty(seen.signin.source, state.days) * (_SHARED if seen.shared else 1.0)


def _pause(state: Profile, day: int) -> float:
    away = day - state.last_day
    return 2 * log2((1 + away) / (1 + max(state.longest, _AWAY / 2))) if away >= _AWAY else 0.0


def _travel(state: Profile, signin: SignIn, novelty: float) -> float:
    if not signin.place or not state.place or signin.place == state.place:
        return 0.0
    since = max(signin.at - state.last_at, 1)
    bits = min(_TRAVEL_BITS, max(0.0, log2(_TRAVEL / since)))
    return bits * (1.0 if novelty else _KNOWN_TRAVEL)


def _after_tries(state: Profile, signin: SignIn) -> float:
    lately = signin.day - state.tried.day <= _LATELY
    return 2 * log2(1 + state.tried.count) if lately else 0.0


# ---- within a session --------------------------------------------------------------------------------------
def _begun(state: Profile, signin: SignIn) -> Profile:
    if not signin.session:
        return state
    sessions = {**state.sessions, signin.session: Session(signin.source, signin.device, signin.place)}
    if len(sessions) > _SESSIONS:
        del sessions[next(iter(sessions))]
    return msgspec.structs.replace(state, sessions=sessions)


def _went_on(state: Profile, seen: Seen) -> tuple[Profile, Found]:
    """Return what it means that a session goes on: from elsewhere, it may be somebody else's."""
    signin = seen.signin
    begun = state.sessions.get(signin.session)
    if begun is None or (begun.source, begun.device, begun.place) == (
        signin.source, signin.device, signin.place
    ):  # fmt: skip
        return state, ()
    other = bool(signin.device) and bool(begun.device) and signin.device != begun.device
    moved = bool(signin.place) and bool(begun.place) and signin.place != begun.place
    weight = _OTHER_DEVICE * other + _OTHER_PLACE * moved + _source(state, seen)
    if weight < _SESSION_LEAST:
        return state, ()
    kind = Kind.TOKEN_REPLAY
    return state, (suspicion(kind, f"{kind.value}.session", weight, signin.principal, signin, held=True),)


def _proof(state: Profile, seen: Seen) -> Suspicion:
    signin = seen.signin
    kind = PROOF_KINDS[signin.reason]
    strange = state.sources.novelty(signin.source, state.days) + (0 if seen.familiar else _STRANGE)
    other = state.devices.novelty(signin.device, state.days)
    weight = _PROOF + strange + other + log2(signin.count)
    return suspicion(kind, kind.value, weight, signin.principal, signin, held=True)


# ---- without it --------------------------------------------------------------------------------------------
def _tried(state: Profile, seen: Seen) -> tuple[Profile, Found]:
    signin = seen.signin
    if seen.familiar or signin.source in state.sources.values:
        return state, ()  # its own slips, where it signs in
    tries = state.tried
    if signin.day > tries.day:
        past = tries.sum + distinct(tries.marks) - _DAILY_TRIES * (signin.day - tries.day)
        tries = Tries(signin.day, sum=max(0.0, past))
    tries = Tries(tries.day, tries.marks | mark(signin.source), tries.count + signin.count, tries.sum)
    weight = tries.sum + distinct(tries.marks) + log2(1 + tries.count)
    state = msgspec.structs.replace(state, tried=tries)
    return state, (suspicion(Kind.GUESSING, Kind.GUESSING.value, weight, signin.principal, signin),)


WATCH = Watch("access.login-anomaly", lambda seen: seen.signin.principal, Profile(), _step)
