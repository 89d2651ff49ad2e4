import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.assemble import Access
from bartizan.access.decide import Circumstances, as_asked, context
from bartizan.access.describe import schema
from bartizan.access.outcome import ANYONE, FOREVER, Allowed, Authenticated, Refused
from bartizan.identity.principal import Principal
from bartizan.identity.state import PolicySource, State
from bartizan.policy.schema import parsed, shapes
from tests.access.house import ALONE, BARE, CALLER, DRILL, WITH_SERVICE, access, known, refusal, state

SAFE, UNSAFE = Circumstances(quantum_safe=True), Circumstances(quantum_safe=False)
DROPPING = Circumstances(quantum_safe=True, operation="dropPet")
CALLS = (
    *("chat", "complete", "embed", "list-models"),
    *("respond", "read-response", "delete-response", "cancel-response"),
    *("message", "count-tokens"),
)
PUBLIC = {
    **dict.fromkeys(
        (
            "request-token",
            "read-keys",
            "read-metadata",
            "push-authorization",
            "authorize",
            "request-device-code",
            "inspect-token",
            "return-token",
        ),
        "anyone-asks-for-a-token",
    ),
    **dict.fromkeys(("receive-logout", "receive-events"), "issuers-tell-who-is-signed-out"),
}
MATRIX = [
    (ALONE, DRILL, "sample", True),
    (ALONE, CALLER, "sample", True),
    (ALONE, BARE, "sample", False),
    (WITH_SERVICE, DRILL, "sample", True),
    (WITH_SERVICE, CALLER, "sample", False),
    (WITH_SERVICE, CALLER, "assistant", True),
    (WITH_SERVICE, BARE, "assistant", False),
    (WITH_SERVICE, CALLER, "control", False),
    (WITH_SERVICE, DRILL, "control", False),
]


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize(("services", "who", "service", "permitted"), MATRIX)
def test_the_built_in_policies_grant_what_they_say(
    services: tuple[object, ...], who: Principal, service: str, action: str, *, permitted: bool
) -> None:
    room = access(state(services=services))  # type: ignore[arg-type]  # the two constants above
    answer = room.authorize(known(room, who), action, service, SAFE)
    assert isinstance(answer, Allowed) == permitted
    if not permitted:
        assert refusal(answer) == "policy-denied"


def test_every_action_is_asked_with_all_that_its_policies_may_look_at_and_nothing_else() -> None:
    actions = shapes(parsed(schema())).actions
    for name, action in actions.items():
        if action.principals:
            assert set(context(as_asked(name, SAFE))) == set(action.context), name


@pytest.mark.parametrize("action", PUBLIC)
def test_anybody_may_ask_for_a_token_at_our_own_endpoints_and_nowhere_else(action: str) -> None:
    room = access()
    allowed = room.authorize(ANYONE, action, "control", SAFE)
    assert allowed == Allowed((PUBLIC[action],), 1, FOREVER)
    assert refusal(room.authorize(ANYONE, action, "sample", SAFE)) == "policy-denied"


@pytest.mark.parametrize("action", CALLS)
def test_nobody_in_particular_may_call_no_service(action: str) -> None:
    room = access()
    for service in ("sample", "control"):
        assert refusal(room.authorize(ANYONE, action, service, SAFE)) == "policy-error"


def test_an_answer_names_policy_and_generation_and_ends_with_the_token() -> None:
    room = access(generation=7)
    who = known(room, CALLER)
    assert room.authorize(who, "chat", "sample", SAFE) == Allowed(("callers-call-services",), 7, who.until)


def test_a_refusal_is_403_and_names_its_control() -> None:
    room = access()
    answer = room.authorize(known(room, BARE), "chat", "sample", SAFE)
    assert isinstance(answer, Refused)
    assert (answer.control, answer.status) == ("access.request-authorized", 403)


@pytest.mark.parametrize(
    ("action", "service"), [("fly", "sample"), ("chat", "unknown"), ("", ""), ("chat", "\ud800")]
)
def test_what_the_schema_does_not_know_is_refused(action: str, service: str) -> None:
    room = access()
    assert refusal(room.authorize(known(room, CALLER), action, service, SAFE)) == "policy-error"


PQ_ONLY = """
@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);
@id("quantum-safe-only") forbid (principal, action in Action::"call", resource) unless { context.quantum_safe };
"""


def test_a_remembered_verdict_holds_for_its_circumstances_only() -> None:
    room = access(state(policy=PQ_ONLY))
    who = known(room, CALLER)
    assert isinstance(room.authorize(who, "chat", "sample", SAFE), Allowed)
    assert refusal(room.authorize(who, "chat", "sample", UNSAFE)) == "policy-forbids"
    assert isinstance(room.authorize(who, "chat", "sample", SAFE), Allowed)


NO_DROPPING = """
@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);
@id("no-dropping") forbid (principal, action == Action::"write", resource) when { context.operation == "dropPet" };
"""


def test_a_remembered_verdict_holds_for_its_operation_only() -> None:
    room = access(state(policy=NO_DROPPING))
    who = known(room, CALLER)
    put, drop = (Circumstances(quantum_safe=True, operation=name) for name in ("putPet", "dropPet"))
    assert isinstance(room.authorize(who, "write", "sample", put), Allowed)
    assert refusal(room.authorize(who, "write", "sample", drop)) == "policy-forbids"
    assert isinstance(room.authorize(who, "write", "sample", put), Allowed)
    assert isinstance(room.authorize(who, "read", "sample", drop), Allowed)


STATES = st.builds(
    state,
    people=st.lists(st.sampled_from([DRILL, CALLER, BARE]), unique=True),
    services=st.sampled_from([ALONE, WITH_SERVICE]),
    policy=st.sampled_from(["", PQ_ONLY, NO_DROPPING]),
)
QUESTIONS = st.tuples(
    st.sampled_from([DRILL, CALLER, BARE]),
    st.sampled_from([*CALLS, *PUBLIC]),
    st.sampled_from(["sample", "assistant", "control"]),
    st.sampled_from([SAFE, UNSAFE, DROPPING]),
)


@pytest.mark.slow
@given(st.lists(st.tuples(STATES, st.lists(QUESTIONS, max_size=8)), min_size=1, max_size=4))
def test_no_remembered_answer_outlives_a_change(
    history: list[tuple[State, list[tuple[object, ...]]]],
) -> None:
    room = access(history[0][0])
    for generation, (current, questions) in enumerate(history, 1):
        room = room.next(current, generation)
        expected = [answered(access(current, generation), *question) for question in questions]
        assert [answered(room, *question) for question in questions] == expected
        assert [answered(room, *question) for question in questions] == expected


def answered(room: Access, who: object, *rest: object) -> Allowed | Refused:
    asked = Authenticated(who, "t-1", FOREVER)  # type: ignore[arg-type]  # from QUESTIONS
    return room.authorize(asked, *rest)  # type: ignore[arg-type]  # the same


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bartizan.access.decide.CAPACITY", 4)
    room = access()
    who = known(room, CALLER)
    for number in range(20):
        room.authorize(who, "chat", f"service-{number}", SAFE)
    assert len(room._decider._kept) == 4


def test_the_engine_is_kept_while_policies_and_entities_are_the_same() -> None:
    room = access()
    assert room.next(state(revoked={"t-1": FOREVER}), 2)._decider is room._decider
    assert room.next(state((CALLER,)), 2)._decider is not room._decider


def test_a_policy_source_is_known_by_its_digest() -> None:
    old = state().policy
    assert access()._decider.digest == PolicySource(old.text, old.schema, old.entities).digest
