"""A registered client that has got hold of other people's tokens, and asks about them or gives them back.

Source: RFC 7662 section 4; RFC 7009 sections 2.1 and 5.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import Issued
from bartizan.app.inspecting import RETURNS
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind
from tests.attacks.oauth import House, refusal

SILENT = {"active": False}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.dispose()


def payload(issued: Issued) -> dict[str, object]:
    part = issued.token.split(".")[1]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return read


def test_a_client_is_told_of_its_own_token_what_the_token_says(house: House) -> None:
    issued = house.redeem(house.code(resource="https://localhost:8443/tools"), holder=house.holder)
    told, said = house.inspect(issued.token), payload(issued)
    assert (told.pop("active"), told.pop("token_type")) == (True, "DPoP")
    assert told == {name: said[name] for name in told}
    assert said.keys() - told.keys() == {"registration", "family"}
    assert told["aud"] == "bartizan:gateway:tools"
    for_control = house.inspect(house.redeem(house.code(audience="bartizan:control")).token)
    assert for_control.items() >= {"aud": "bartizan:control", "token_type": "Bearer"}.items()


def test_another_client_is_told_nothing_and_an_inspector_all(house: House) -> None:
    issued = house.redeem(house.code())
    assert house.inspect(issued.token, house.other) == SILENT
    assert house.inspect(issued.refresh, house.other) == SILENT
    made, secret = asyncio.run(house.registrar.register(Kind.WORKLOAD, "api", ["inspector"]))
    assert secret is not None
    house.secrets[made.client] = secret.reveal().decode()
    assert house.inspect(issued.token, made)["sub"] == "user.ada"
    assert house.inspect(issued.refresh, made) == SILENT  # nobody else's to show


def test_who_does_not_show_who_it_is_is_told_nothing_at_all(house: House) -> None:
    issued = house.redeem(house.code(house.native), house.native, house.holder)
    for of, changed in ((house.native, {}), (house.app, {"client_secret": "wrong"})):
        with pytest.raises(GrantRefused) as caught:
            house.inspect(issued.token, of, **changed)
        assert caught.value.error.value == "invalid_client"


@pytest.mark.parametrize(
    "ended",
    [
        lambda house, _: asyncio.run(house.registrar.revoke("user.ada")),
        lambda house, said: asyncio.run(house.registrar.revoke_token(said["jti"])),
        lambda house, said: asyncio.run(house.registrar.end_family(said["family"], house.ada, "revoked")),
        lambda house, _: asyncio.run(house.registrar.erase("user.ada")),
        lambda house, _: house.later(600),
    ],
    ids=["person", "token", "family", "erased", "time"],
)
def test_what_no_worker_takes_any_more_is_not_active(
    house: House, ended: Callable[[House, dict[str, object]], None]
) -> None:
    issued = house.redeem(house.code())
    assert house.inspect(issued.token)["active"] is True
    ended(house, payload(issued))
    assert not house.works(issued)
    assert house.inspect(issued.token) == SILENT


def test_a_refresh_token_is_active_while_it_is_the_one_that_is_good_next(house: House) -> None:
    first = house.redeem(house.code())
    assert house.inspect(first.refresh)["active"] is True
    following = house.refresh(first.refresh)
    assert house.inspect(first.refresh) == SILENT
    assert house.inspect(following.refresh)["sub"] == "user.ada"
    last = house.refresh(following.refresh)  # asking is not using
    assert house.inspect(last.refresh)["active"] is True
    asyncio.run(house.registrar.revoke("user.ada"))
    assert house.inspect(last.refresh) == SILENT


@pytest.mark.parametrize(
    "token", ["a", "a.b.c", "bartizan_r.0123456789abcdef.0.x", "é", "x" * 9000, "." * 99]
)
def test_what_was_never_a_token_is_not_active_and_given_back_without_a_word(house: House, token: str) -> None:
    states = len(house.states)
    assert house.inspect(token) == SILENT
    house.give_back(token)
    assert len(house.states) == states


def test_a_token_that_is_given_back_is_refused_in_every_worker_and_no_other_is(house: House) -> None:
    issued = house.redeem(house.code())
    following = house.refresh(issued.refresh)
    house.give_back(issued.token)
    assert not house.works(issued)
    assert house.works(following)
    states = len(house.states)
    house.give_back(issued.token)  # again: answered alike, and nothing is put in force
    assert len(house.states) == states
    assert (house.entries[-1].actor, house.entries[-1].kind) == (house.app.pseudonym, "access.token.revoked")


@pytest.mark.parametrize("used", [False, True])
def test_with_a_refresh_token_goes_all_that_came_of_the_consent(house: House, *, used: bool) -> None:
    issued = house.redeem(house.code())
    following = house.refresh(issued.refresh)
    house.give_back((issued if used else following).refresh)
    assert not house.works(issued)
    assert not house.works(following)
    with pytest.raises(GrantRefused):
        house.refresh(following.refresh)
    assert house.entries[-1].detail == {"reason": "revoked"}


def test_nobody_gives_back_what_is_anothers(house: House) -> None:
    issued = house.redeem(house.code())
    for token in (issued.token, issued.refresh):
        for of in (house.other, house.native):
            with pytest.raises(GrantRefused) as caught:
                house.give_back(token, of)
            assert refusal(caught.value) == ("invalid_grant", "token-of-another")
    house.granting.record_refusals()
    (said,) = (each for each in house.entries if each.detail.get("reason") == "token-of-another")
    assert said.detail["count"] == 4
    assert house.works(issued)
    assert house.works(house.refresh(issued.refresh))


def test_what_one_client_gives_back_is_limited_and_no_other_client_feels_it(house: House) -> None:
    mine = [house.redeem(house.code())]
    for _ in range(RETURNS.burst):
        mine.append(house.refresh(mine[-1].refresh))
    others = house.redeem(house.code(house.native), house.native, Holder())
    states = len(house.states)
    for each in mine[:-1]:
        house.give_back(each.token)
    assert len(house.states) == states + RETURNS.burst
    with pytest.raises(GrantRefused) as caught:
        house.give_back(mine[-1].token)
    assert refusal(caught.value) == ("slow_down", "returns-too-many")
    assert caught.value.wait_s == 1
    assert house.works(mine[-1])  # and it is told so, with 429 and when to come again
    house.give_back(mine[0].token)  # what is not good any more is not counted
    house.give_back(others.token, house.native)
    house.later(1)
    house.give_back(mine[-1].token)
    assert not house.works(mine[-1])
    house.granting.record_refusals()
    (said,) = (each for each in house.entries if each.detail.get("reason") == "returns-too-many")
    assert (said.kind, said.detail["count"]) == ("access.token.refused", 1)


def test_a_public_application_gives_its_own_back_with_its_id_alone(house: House) -> None:
    issued = house.redeem(house.code(house.native), house.native, Holder())
    house.give_back(issued.refresh, house.native)
    assert not house.works(issued)


def test_who_fishes_with_a_wrong_secret_is_slowed_and_counted(house: House) -> None:
    source = "a-0123456789abcdef"
    seen = set()
    for _ in range(25):
        with pytest.raises(GrantRefused) as caught:
            house.inspect("a", client_secret="wrong", source=source)  # noqa: S106 - wrong
        seen.add(caught.value.error.value)
    assert seen == {"invalid_client", "slow_down"}
    house.granting.record_refusals()
    assert house.entries[-1].kind == "access.token.refused"
