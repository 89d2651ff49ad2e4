"""Somebody with a token of a sign-in that is too old, or too weak, or with none of a person, for what they ask.

Source: RFC 9470; OpenID Connect Core 3.1.2.1.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.decide import Circumstances
from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import CONTROL, Lent
from bartizan.access.issue.pushed import RequestUnknown
from bartizan.access.issue.step_up import Step, step
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.admin.principals import LIST, REVOKE
from bartizan.app.admin.gate import CallRefused, Shows, gate_of
from bartizan.app.lending import Decided
from bartizan.app.suspects import HELD_FOR
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.shown import Shown
from bartizan.identity.strength import ACRS, INSUFFICIENT, Strength
from tests.access.house import access
from tests.attacks.oauth import House, refusal

BOUND, SYNCED = ACRS


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.dispose()


def signed_in(house: House, acr: str = BOUND, ago: int = 0) -> SignedIn:
    """Return a person who signed in so, so many seconds ago."""
    return SignedIn(house.ada.id, "one", Nanoseconds(house.clock.now() - ago * SECOND), acr)


def decided(house: House, uri: str, person: SignedIn) -> Decided:
    """Return where the browser goes of a person who allows what is asked."""
    token = house.lending.question(uri, house.app.client, person).token
    return house.lending.decide(uri, house.app.client, person, token, yes=True)


def reason(house: House, token: str, strength: Strength | None) -> str:
    """Return why a service that asks for a sign-in does not take a token; nothing where it does."""
    room = access(house.states[-1], len(house.states))
    who = room.authenticate(token, house.clock.now())
    assert isinstance(who, Authenticated), who
    refused = room.prove(who, Shown(token, strength=strength), house.clock.now())
    return "" if refused is None else f"{refused.status} {refused.reason}"


LACKING = "401 sign-in-insufficient"


def test_a_service_takes_no_sign_in_that_is_older_or_other_than_it_asks(house: House) -> None:
    code = decided(house, house.push(), signed_in(house, SYNCED, ago=100)).said["code"]
    token = house.redeem(code).token
    for strength, said in (
        (None, ""),
        (Strength(ACRS, 100), ""),
        (Strength((SYNCED,)), ""),
        (Strength((BOUND,)), LACKING),
        (Strength(max_age_s=99), LACKING),
        (Strength((BOUND,), 3600), LACKING),
    ):
        assert reason(house, token, strength) == said, strength
    house.later(1)
    assert reason(house, token, Strength(ACRS, 100)) == LACKING


def test_nobody_who_sits_at_somebodys_browser_gets_an_application_into_the_admin_api(house: House) -> None:
    """A session lasts for hours; what it may let in there wants the passkey that opened it once more."""
    for age in (None, "3600"):
        uri = house.push(audience=CONTROL, max_age=age)
        old = signed_in(house, ago=301)
        assert house.lending.question(uri, house.app.client, old).step is Step.AGAIN
        with pytest.raises(RequestUnknown):
            decided(house, uri, old)
        assert "code" in decided(house, uri, signed_in(house, ago=299)).said
    assert "code" in decided(house, house.push(), signed_in(house, ago=301)).said


def test_no_refresh_makes_a_sign_in_younger_and_introspection_says_when_it_was(house: House) -> None:
    issued = house.redeem(decided(house, house.push(), signed_in(house, ago=10)).said["code"])
    since = house.clock.now() // SECOND - 10
    house.later(400)
    again = house.refresh(issued.refresh)
    assert reason(house, again.token, Strength(max_age_s=300)) == LACKING
    told = house.inspect(again.token)
    assert (told["auth_time"], told["acr"]) == (since, BOUND)
    agent = house.agent("lent")
    assert reason(house, house.exchange(again.token, agent).token, Strength(max_age_s=300)) == LACKING


def test_a_programs_own_token_is_no_persons(house: House) -> None:
    token = house.registrar.issue(house.app, "bartizan:gateway", 60, grant="client").token
    assert reason(house, token, Strength(max_age_s=86_400)) == LACKING


def test_an_old_sign_in_is_done_again_before_anything_is_asked(house: House) -> None:
    house.allow(house.push())  # consented before, so that it is not asked again
    for wanted in (
        {"max_age": "60"},
        {"max_age": "0"},
        {"prompt": "login"},
        {"prompt": "login", "max_age": "999"},
    ):
        uri, old = house.push(**wanted), signed_in(house, ago=61)  # type: ignore[arg-type]  # parameters of the form alone
        question = house.lending.question(uri, house.app.client, old)
        assert question.step is Step.AGAIN
        with pytest.raises(RequestUnknown):
            house.lending.decide(uri, house.app.client, old, question.token, yes=True)
        house.later(5)
        assert "code" in decided(house, uri, signed_in(house)).said
        house.later(500)  # since it was asked is lately enough, so nobody is sent around twice
        assert "code" in decided(house, house.push(**wanted), signed_in(house)).said  # type: ignore[arg-type]  # as above


def test_a_weaker_passkey_is_told_to_the_application_and_gives_nothing(house: House) -> None:
    uri = house.push(acr_values=f"urn:other {BOUND}")
    assert house.lending.question(uri, house.app.client, signed_in(house, SYNCED, ago=1)).step is Step.AGAIN
    again = signed_in(house, SYNCED)
    assert house.lending.question(uri, house.app.client, again).step is Step.UNMET
    said = decided(house, uri, again).said
    assert (said["error"], "code" in said) == ("unmet_authentication_requirements", False)
    assert "code" in decided(house, uri, signed_in(house, BOUND)).said


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"acr_values": "urn:mace:incommon:iap:silver"}, "unmet_authentication_requirements"),
        ({"prompt": "none"}, "invalid_request"),
        ({"prompt": "login consent"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
    ],
)
def test_what_cannot_be_had_is_refused_and_not_left_out(
    house: House, said: dict[str, str], word: str
) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.push(**said)  # type: ignore[arg-type]  # parameters of the form alone
    assert refusal(caught.value)[0] == word


def test_the_admin_api_says_which_sign_in_it_wants(house: House) -> None:
    owner, _ = asyncio.run(house.registrar.register(Kind.USER, "root", ["owner"]))
    gate = gate_of(house.clock, house._record, lambda _control, _fault: None)
    gate.take(house.states[-1])
    token = house.registrar.issue(owner, CONTROL, 60, grant="owner").token
    assert gate.admit(LIST, Shows(Shown(token), quantum_safe=True)).actor == owner.pseudonym
    with pytest.raises(CallRefused) as caught:
        gate.admit(LIST, Shows(Shown(token, strength=Strength((BOUND,), 300)), quantum_safe=True))
    assert caught.value.status == 401
    assert caught.value.challenge == (
        'Bearer realm="bartizan", error="insufficient_user_authentication", error_description="the person must sign in '
        'again, as said here", acr_values="passkey-device-bound", max_age="300"'
    )


UNCONFIRMED = """
@id("callers") permit (principal in Role::"caller", action in Action::"call", resource) unless { resource.control };
@id("confirmed-first") forbid (principal, action == Action::"chat", resource) when { context.step_up };
@id("not-by-suspects") forbid (principal, action == Action::"embed", resource)
when { principal has suspect && principal.suspect };
@id("device-bound-alone") forbid (principal, action == Action::"complete", resource)
when { context.step_up || context.passkey != "passkey" };
@id("not-for-agents") forbid (principal, action == Action::"respond", resource)
when { context.step_up || context.agent != "" };
"""


def flagged(house: House, person: Principal) -> None:
    """Have what somebody did until now be held against them, in force."""
    house.registrar.suspects.answer("principal", person.pseudonym, Nanoseconds(house.clock.now() + HELD_FOR))
    asyncio.run(house.registrar.suspects.settle())


def asked(house: House, token: str, action: str) -> Allowed | Refused:
    """Return what a worker says to a call."""
    room = access(house.states[-1], len(house.states))
    who = room.authenticate(token, house.clock.now())
    assert isinstance(who, Authenticated), who
    return room.authorize(who, action, "assistant", Circumstances(quantum_safe=True))


def test_what_a_flagged_sign_in_alone_keeps_from_somebody_is_had_by_the_next_one(tmp_path: Path) -> None:
    house = House(tmp_path, UNCONFIRMED)
    token = house.redeem(decided(house, house.push(), signed_in(house, ago=10)).said["code"]).token
    assert isinstance(asked(house, token, "chat"), Allowed)
    flagged(house, house.ada)
    at = house.clock.now()
    house.later(90)
    refused = asked(house, token, "chat")
    assert isinstance(refused, Refused)
    assert (refused.status, refused.reason, refused.after) == (401, INSUFFICIENT, at)
    wanted = Strength.after(refused.after, house.clock.now())
    assert wanted.challenge("Bearer").endswith('max_age="90"')
    # What the challenge says is what the application asks for, and then what there was is not enough.
    uri = house.push(max_age=str(wanted.max_age_s))
    assert house.lending.question(uri, house.app.client, signed_in(house, ago=100)).step is Step.AGAIN
    again = house.redeem(decided(house, uri, signed_in(house)).said["code"]).token
    assert isinstance(asked(house, again, "chat"), Allowed)
    assert isinstance(asked(house, token, "chat"), Refused), "the old one is as it was"
    house.store.dispose()


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ("embed", "policy-forbids"),
        ("complete", "policy-forbids"),
        ("respond", "policy-forbids"),
        ("use-mcp", ""),
    ],
)
def test_nobody_is_sent_to_sign_in_for_what_another_sign_in_does_not_give(
    tmp_path: Path, action: str, word: str
) -> None:
    house = House(tmp_path, UNCONFIRMED)
    token = house.redeem(decided(house, house.push(), signed_in(house, ago=10)).said["code"]).token
    flagged(house, house.ada)
    house.later(5)
    found = asked(house, token, action)
    assert (found.reason if isinstance(found, Refused) else "") == word
    assert not isinstance(found, Refused) or (found.status, found.after) == (403, 0)
    house.store.dispose()


def test_a_program_whose_sign_in_was_flagged_is_told_of_none(tmp_path: Path) -> None:
    house = House(tmp_path, UNCONFIRMED)
    flagged(house, house.app)
    token = house.registrar.issue(house.app, "bartizan:gateway", 60, grant="client").token
    assert isinstance(asked(house, token, "chat"), Allowed), "it has no passkey to step up with"
    found = asked(house, token, "embed")
    assert isinstance(found, Refused)
    assert (found.status, found.reason) == (403, "policy-forbids")
    house.store.dispose()


def test_the_admin_api_says_so_too_where_a_policy_wants_a_flagged_sign_in_confirmed(house: House) -> None:
    owner, _ = asyncio.run(house.registrar.register(Kind.USER, "root", ["owner"]))
    lent = Lent(house.app.client, "", house.clock.now(), BOUND)
    token = house.registrar.issue(owner, CONTROL, 60, grant="code", lent=lent).token
    flagged(house, owner)
    house.later(30)
    gate = gate_of(house.clock, house._record, lambda _control, _fault: None)
    gate.take(house.states[-1])
    asyncio.run(house.registrar.publish())
    shows = Shows(Shown(token), quantum_safe=True)
    with pytest.raises(CallRefused) as caught:
        gate.admit(REVOKE, shows)
    # The application has no right to it either, so another sign-in would help nothing.
    assert (caught.value.status, caught.value.challenge) == (403, "")
    app, _ = asyncio.run(house.registrar.register(Kind.WORKLOAD, "admins", ["owner"]))
    gate.take(house.states[-1])
    lent = Lent(app.client, "", Nanoseconds(house.clock.now() - 31 * SECOND), BOUND)
    token = house.registrar.issue(owner, CONTROL, 60, grant="code", lent=lent).token
    with pytest.raises(CallRefused) as caught:
        gate.admit(REVOKE, Shows(Shown(token), quantum_safe=True))
    assert caught.value.status == 401
    assert caught.value.challenge.startswith(
        'Bearer realm="bartizan", error="insufficient_user_authentication"'
    )
    assert caught.value.challenge.endswith('max_age="30"')


@given(
    st.sets(st.sampled_from(ACRS)),
    st.none() | st.integers(0, 100),
    st.integers(-200, 50),
    st.sampled_from(ACRS),
    st.integers(50, 300),
)
def test_enough_is_never_older_or_other_than_wanted_unless_done_since(
    wanted: set[str], age: int | None, since: int, acr: str, now: int
) -> None:
    asked, start = 0, 10**6
    done = (acr, Nanoseconds((start + since) * SECOND))
    found = step(
        tuple(wanted), age, Nanoseconds((start + asked) * SECOND), done, Nanoseconds((start + now) * SECOND)
    )
    if found is Step.ENOUGH:
        assert not wanted or acr in wanted
        assert since >= asked or age is None or now - since <= age
    else:
        assert (found is Step.UNMET) == (since >= asked)
