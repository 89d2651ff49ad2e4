"""No answer outlives a change that it depends on, and what is taken over is what would be answered anew."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.assemble import Access
from bartizan.access.change import EVERYTHING, NOTHING, Change, between
from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import registration
from bartizan.identity.state import State
from tests.access.house import CALLER, DRILL, WITH_SERVICE, access, bearer, somebody, state
from tests.identity.forge import START

FOREVER = Nanoseconds(2**62)
TOKENS = {jti: bearer(person, jti=jti) for jti, person in (("t-a", CALLER), ("t-b", CALLER), ("t-c", DRILL))}
STATES = st.builds(
    lambda revoked, gone, services: state(
        (DRILL, somebody("ci", "caller", revoked=gone)),
        WITH_SERVICE if services else (WITH_SERVICE[1], WITH_SERVICE[2]),
        dict.fromkeys(revoked, FOREVER),
    ),
    st.sets(st.sampled_from(sorted(TOKENS))),
    st.booleans(),
    st.booleans(),
)
HERE = Circumstances(quantum_safe=True)


def answers(room: Access) -> list[tuple[object, object]]:
    """What everybody is told, and what they may then do."""
    found: list[tuple[object, object]] = []
    for token in TOKENS.values():
        who = room.authenticate(token, START)
        if isinstance(who, Refused):
            found.append((who.reason, None))
        else:
            does = room.authorize(who, "chat", "sample", HERE)
            found.append((who, does if isinstance(does, Refused) else does.policies))
    return found


@pytest.mark.slow
@given(st.lists(STATES, min_size=1, max_size=6))
def test_a_room_that_followed_every_change_answers_as_one_that_is_new(states: list[State]) -> None:
    room = access(states[0])
    for number, following in enumerate(states):
        room = room.next(following, number + 2)
        assert answers(room) == answers(access(following, number + 2))
        assert answers(room) == answers(access(following, number + 2))  # and once more, from memory


@pytest.mark.slow
@given(st.lists(STATES, min_size=1, max_size=6))
def test_an_answer_that_no_change_takes_away_would_be_given_again(states: list[State]) -> None:
    room = access(states[0])
    kept: dict[str, Authenticated] = {}
    for number, following in enumerate(states):
        for jti, token in TOKENS.items():
            who = room.authenticate(token, START)
            if isinstance(who, Authenticated) and isinstance(
                room.authorize(who, "chat", "sample", HERE), Allowed
            ):
                kept[jti] = who
        room = room.next(following, number + 2)
        kept = {
            jti: who
            for jti, who in kept.items()
            if not room.change.everything and jti not in room.change.tokens
        }
        for who in kept.values():
            assert isinstance(room.authorize(who, "chat", "sample", HERE), Allowed)
            assert room.authenticate(TOKENS[who.token], START) == who


def test_the_revocation_of_a_token_takes_its_answers_alone() -> None:
    assert between(state(), state(revoked={"t-a": FOREVER})) == Change(
        everything=False, tokens=frozenset({"t-a"})
    )


def test_the_same_state_once_more_has_every_decision_taken_anew() -> None:
    assert between(state(), state()) == EVERYTHING


def test_two_changes_take_what_each_takes() -> None:
    one = Change(everything=False, tokens=frozenset("a"))
    other = Change(everything=False, tokens=frozenset("b"))
    assert one.also(other).tokens == frozenset("ab")
    assert one.also(EVERYTHING).everything
    assert NOTHING.also(NOTHING) == NOTHING


def test_the_revocation_of_a_family_takes_the_remembered_answers_of_its_tokens_alone() -> None:
    people = (CALLER, msgspec.structs.replace(DRILL, client="c-8899aabbccddeeff"))
    room = access(state(people))
    lent = {"client_id": people[1].client, "registration": registration(CALLER.client)}
    tokens = {
        jti: bearer(CALLER, jti=jti, family=family, **lent)
        for jti, family in (("t-a", "f-1"), ("t-b", "f-1"), ("t-c", "f-2"))
    }
    before = {jti: room.authenticate(token, START) for jti, token in tokens.items()}
    following = room.next(state(people, revoked={"f-1": FOREVER}), 2)
    assert following.change == Change(everything=False, tokens=frozenset({"f-1"}))
    for jti, token in tokens.items():
        who = before[jti]
        assert isinstance(who, Authenticated)
        assert isinstance(following.authenticate(token, START), Refused) is (jti != "t-c")
        assert isinstance(following.authorize(who, "chat", "sample", HERE), Refused) is (jti != "t-c")
