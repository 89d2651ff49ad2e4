"""An agent that acts for somebody, and wants more than it was lent; or whoever got hold of what it was lent.

Source: RFC 8693 sections 1.1, 4.1 and 5; RFC 9700 section 2.3.
"""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.describe import describe
from bartizan.access.issue.exchange import terms
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import CONTROL, Bound, Issued, mint
from bartizan.access.outcome import Authenticated
from bartizan.admin.principals import REGISTER
from bartizan.app.admin.caller import BeyondOnesOwn
from bartizan.app.admin.gate import Shows, gate_of
from bartizan.app.admin.repeats import Repeats, asked
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind, Principal, registration
from bartizan.identity.shown import Shown
from tests.attacks.oauth import SERVICES, URL, House, refusal

AGENT = Principal("workload.one", Kind.WORKLOAD, "one", ("agent",), "p-0000000000000001", b"k" * 32, "c-1")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.dispose()


@pytest.fixture
def one(house: House) -> Principal:
    return house.agent("one", "caller")


@pytest.fixture
def two(house: House) -> Principal:
    return house.agent("two", "caller")


def payload(issued: Issued) -> dict[str, Any]:
    part = issued.token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return read


def act(who: Principal, before: dict[str, Any] | None = None) -> dict[str, Any]:
    inner = {} if before is None else {"act": before}
    return {"sub": who.id, "registration": registration(who.client), **inner}


def test_the_person_stays_who_asks_and_the_chain_says_through_whose_hands_it_went(
    house: House, one: Principal, two: Principal
) -> None:
    first = house.redeem(house.code())
    second = house.exchange(first.token, one)
    third = house.exchange(second.token, two)
    said = payload(third)
    assert (said["sub"], said["client_id"]) == ("user.ada", two.client)
    assert said["act"] == act(two, act(one, act(house.app)))
    assert house.allowed(third.token) == ""
    who = house.who(third.token)
    assert isinstance(who, Authenticated)
    assert (who.principal.id, who.agent) == ("user.ada", two)
    entry = house.entries[-1]
    assert (entry.kind, entry.actor) == ("access.token.issued", house.ada.pseudonym)
    assert entry.detail["grant"] == "exchange"
    assert entry.detail["agent"] == two.pseudonym.removeprefix("p-")
    assert entry.detail["hands"] == 3
    assert house.inspect(third.token, two)["act"]["sub"] == two.id


def test_nobody_acts_for_others_without_the_role(house: House) -> None:
    issued = house.redeem(house.code())
    with pytest.raises(GrantRefused) as caught:
        house.exchange(issued.token, house.other)
    assert refusal(caught.value) == ("unauthorized_client", "agent-unauthorized")
    with pytest.raises(GrantRefused) as public:
        house.exchange(issued.token, house.native, house.holder)
    assert public.value.error.value == "invalid_client"


def test_an_agent_does_for_nobody_what_it_may_not_do_itself(house: House) -> None:
    idle = house.agent("idle")
    lent = house.exchange(house.redeem(house.code()).token, idle)
    assert house.allowed(lent.token) == "agent-denied"
    consented = house.redeem(house.code(house.native), house.native, house.holder)
    assert house.allowed(consented.token) == "agent-denied"  # nor does an application without a role


def test_an_agent_may_no_more_than_whom_it_acts_for(house: House, one: Principal) -> None:
    asyncio.run(house.registrar.register(Kind.USER, "eve", []))
    eve = next(person for person in house.registrar.people() if person.id == "user.eve")
    lent = house.exchange(house.redeem(house.code(person=eve)).token, one)
    assert house.allowed(lent.token) == "policy-denied"


def test_an_application_of_an_owners_does_not_administer_as_an_owner(house: House) -> None:
    text = '@id("all-administer") permit (principal in Role::"caller", action in Action::"administer", resource);'
    state = house.states[-1]
    everybody = describe(state.principals, SERVICES, text)
    gate = gate_of(house.clock, house.ports.record, lambda _control, _fault: None)
    gate.take(msgspec.structs.replace(state, policy=everybody))
    owner = next(person for person in state.principals if person.id == "user.owner")
    lent = house.redeem(house.code(person=owner, audience="bartizan:control"))
    caller = gate.admit(REGISTER, Shows(Shown(lent.token)))
    assert (caller.actor, caller.roles) == (owner.pseudonym, ("caller",))
    with pytest.raises(BeyondOnesOwn):
        caller.require_given(["owner"])
    with pytest.raises(BeyondOnesOwn):
        caller.require_over(owner.roles)
    entry = house.entries[-1]
    assert (entry.kind, entry.actor) == ("access.admin.called", owner.pseudonym)
    assert entry.detail == {
        "operation": "register-principal",
        "agent": house.app.pseudonym.removeprefix("p-"),
    }
    own = mint(house.ports.signer, owner, CONTROL, 60, house.clock.now())
    itself = gate.admit(REGISTER, Shows(Shown(own.token)))
    assert itself.roles == owner.roles
    repeats = Repeats(house.store, house.clock)
    assert repeats.take(asked(itself.hand, REGISTER.name, "once", b"{}")) is None
    assert repeats.take(asked(caller.hand, REGISTER.name, "once", b"{}")) is None, "it learns nothing of that"


def test_what_is_lent_for_one_service_is_lent_on_for_no_other(house: House, one: Principal) -> None:
    narrow = house.redeem(house.code(resource=f"{URL}/tools"))
    lent = house.exchange(narrow.token, one)
    assert house.allowed(lent.token, "tools") == ""
    assert house.allowed(lent.token) == "token-elsewhere"
    wide = house.redeem(house.code())
    lent = house.exchange(wide.token, one, resource=f"{URL}/tools")
    assert house.allowed(lent.token) == "token-elsewhere"
    for token, changed in (
        (narrow.token, {"resource": f"{URL}/assistant"}),
        (narrow.token, {"audience": "bartizan:gateway"}),
        (lent.token, {"audience": "bartizan:gateway"}),
        (wide.token, {"audience": "bartizan:control"}),
        (wide.token, {"resource": f"{URL}/control"}),
    ):
        with pytest.raises(GrantRefused) as caught:
            house.exchange(token, one if token != lent.token else house.agent("other-one"), **changed)  # type: ignore[arg-type]  # parameters of the form alone
        assert caught.value.error.value == "invalid_target"


def test_what_is_for_our_own_endpoints_is_not_lent_on(house: House, one: Principal) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.exchange(house.redeem(house.code(audience="bartizan:control")).token, one)
    assert refusal(caught.value) == ("invalid_target", "exchange-wider")


def test_it_ends_when_what_it_comes_of_ends(house: House, one: Principal) -> None:
    issued = house.redeem(house.code())
    house.later(300)
    lent = house.exchange(issued.token, one)
    assert lent.seconds <= 300
    house.later(299)
    assert house.works(lent)
    house.later(1)
    assert not house.works(lent)


@pytest.mark.parametrize("gone", ["user.ada", "workload.app", "workload.one", "workload.two"])
def test_it_is_refused_once_anybody_in_its_chain_is_revoked(
    house: House, one: Principal, two: Principal, gone: str
) -> None:
    lent = house.exchange(house.exchange(house.redeem(house.code()).token, one).token, two)
    assert house.works(lent)
    asyncio.run(house.registrar.revoke(gone))
    assert not house.works(lent)


def test_a_name_that_is_erased_and_given_again_is_in_no_old_chain(
    house: House, one: Principal, two: Principal
) -> None:
    lent = house.exchange(house.exchange(house.redeem(house.code()).token, one).token, two)
    asyncio.run(house.registrar.erase(one.id))
    house.agent("one", "caller", reuse=True)
    assert not house.works(lent)


def test_it_is_refused_once_a_token_that_it_comes_of_is_given_back_or_its_family_ends(
    house: House, one: Principal, two: Principal
) -> None:
    issued = house.redeem(house.code())
    between = house.exchange(issued.token, one)
    last = house.exchange(between.token, two)
    house.give_back(between.token, one)
    assert not house.works(last)
    assert house.works(issued)
    again = house.exchange(house.exchange(issued.token, one).token, two)
    house.give_back(issued.refresh)
    assert not house.works(again)


def test_what_is_bound_is_lent_on_bound_to_the_agents_own_key(house: House, one: Principal) -> None:
    issued = house.redeem(house.code(house.native), house.native, house.holder)
    with pytest.raises(GrantRefused) as caught:
        house.exchange(issued.token, one)
    assert refusal(caught.value) == ("invalid_dpop_proof", "exchange-unbound")
    agents = Holder()
    lent = house.exchange(issued.token, one, agents)
    assert payload(lent)["cnf"] == {"jkt": agents.thumbprint}


def test_a_chain_has_an_end_and_nobody_is_in_it_twice(house: House, one: Principal, two: Principal) -> None:
    lent = house.exchange(house.exchange(house.redeem(house.code()).token, one).token, two)
    three, four = house.agent("three", "caller"), house.agent("four", "caller")
    with pytest.raises(GrantRefused) as twice:
        house.exchange(lent.token, one)
    assert refusal(twice.value) == ("invalid_grant", "exchange-too-far")
    last = house.exchange(lent.token, three)
    assert house.works(last)
    with pytest.raises(GrantRefused) as caught:
        house.exchange(last.token, four)
    assert refusal(caught.value) == ("invalid_grant", "exchange-too-far")


def test_an_agent_lends_itself_nothing(house: House, one: Principal) -> None:
    own = house.registrar.issue(one, "bartizan:gateway", 600, grant="client")
    with pytest.raises(GrantRefused) as caught:
        house.exchange(own.token, one)
    assert refusal(caught.value) == ("invalid_grant", "exchange-too-far")


def test_only_what_a_worker_takes_at_this_moment_is_exchanged(house: House, one: Principal) -> None:
    issued = house.redeem(house.code())
    head, body, signature = issued.token.split(".")
    forged = json.dumps(payload(issued) | {"sub": "user.bob"}).encode()
    tampered = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    house.give_back(issued.token)
    for token in (issued.token, issued.refresh, f"{head}.{tampered}.{signature}", f"{head}.{body}.", "a"):
        with pytest.raises(GrantRefused) as caught:
            house.exchange(token, one)
        assert refusal(caught.value) == ("invalid_request", "subject-unknown")


@pytest.mark.parametrize(
    "changed",
    [
        {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"subject_token": None},
        {"scope": "all"},
    ],
)
def test_nothing_else_is_exchanged(house: House, one: Principal, changed: dict[str, str | None]) -> None:
    token = house.redeem(house.code()).token
    with pytest.raises(GrantRefused):
        house.exchange(token, one, **changed)  # type: ignore[arg-type]  # parameters of the form alone


def test_nothing_is_refreshed_that_was_lent_on(house: House, one: Principal) -> None:
    assert house.exchange(house.redeem(house.code()).token, one).refresh == ""


AUDIENCES = st.sampled_from(
    ["bartizan:gateway", "bartizan:control", "bartizan:gateway:a", "bartizan:gateway:b", ""]
)


@given(
    had=AUDIENCES,
    asked=AUDIENCES,
    left=st.integers(1, 600),
    was_bound=st.booleans(),
    bound=st.booleans(),
)
def test_nothing_grows(had: str, asked: str, left: int, *, was_bound: bool, bound: bool) -> None:
    said = {"sub": "user.ada", "jti": "t-1", "exp": 1000 + left, "aud": had, "client_id": "c-9"}
    said |= {"cnf": {"jkt": "x"}} if was_bound else {}
    try:
        found = terms(said, AGENT, None, asked, Bound("key" if bound else ""), Nanoseconds(1000 * SECOND + 5))
    except GrantRefused:
        return
    assert found.audience.startswith(had)
    assert found.audience.startswith("bartizan:gateway")
    assert found.seconds <= left
    assert bound or not was_bound
