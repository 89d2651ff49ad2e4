"""Somebody who got hold of an authorization code, or brings one of his own into another's session.

Source: RFC 9700 sections 4.2 (leak by Referer), 4.3 (leak by history), 4.5 (injection); RFC 6749 section 10.5.
"""

from collections.abc import Iterator

import pytest

from bartizan.access.issue import code as codes
from bartizan.access.issue.form import GrantRefused
from bartizan.access.outcome import Authenticated
from bartizan.identity.holder import Holder
from tests.attacks.oauth import HOME, House, challenge, refusal


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.store.dispose()


def test_an_honest_code_is_a_token_of_the_person_at_the_application(house: House) -> None:
    issued = house.redeem(house.code())
    who = house.who(issued.token)
    assert isinstance(who, Authenticated)
    assert (who.principal, who.client) == (house.ada, house.app.client)
    assert issued.refresh


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"code_verifier": "w" * 43}, "code-unverified"),
        ({"code_verifier": challenge()}, "code-unverified"),
        ({"redirect_uri": HOME + "/"}, "code-elsewhere"),
        ({"redirect_uri": "https://evil.example/back"}, "code-elsewhere"),
    ],
)
def test_a_stolen_code_is_nothing_without_the_verifier_and_is_gone_after_the_try(
    house: House, changed: dict[str, str], reason: str
) -> None:
    code = house.code()
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code, **changed)  # type: ignore[arg-type]  # parameters of the form alone
    assert refusal(caught.value) == ("invalid_grant", reason)
    with pytest.raises(GrantRefused) as again:
        house.redeem(code)
    assert refusal(again.value) == ("invalid_grant", "code-unknown")


def test_a_code_is_no_other_clients(house: House) -> None:
    code = house.code()
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code, house.other, redirect_uri=HOME)
    assert refusal(caught.value) == ("invalid_grant", "code-of-another")


def test_a_code_without_its_clients_credential_is_nothing_and_stays_its_clients(house: House) -> None:
    code = house.code()
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code, client_secret="bartizan_wrong")  # noqa: S106 - a wrong one
    assert caught.value.error.value == "invalid_client"
    with pytest.raises(GrantRefused):
        house.redeem(code, client_secret=None)
    assert house.works(house.redeem(code))


def test_a_code_is_good_for_sixty_seconds(house: House) -> None:
    code = house.code()
    house.later(59)
    assert house.works(house.redeem(code))
    code = house.code()
    house.later(60)
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code)
    assert refusal(caught.value) == ("invalid_grant", "code-expired")


def test_a_code_that_comes_again_ends_all_that_came_of_it_in_every_worker(house: House) -> None:
    code = house.code()
    first = house.redeem(code)
    second = house.refresh(first.refresh)
    assert house.works(first)
    assert house.works(second)
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code)
    assert refusal(caught.value) == ("invalid_grant", "code-reused")
    assert not house.works(first)
    assert not house.works(second)
    with pytest.raises(GrantRefused):
        house.refresh(second.refresh)
    assert house.kinds()[-2:] == ["platform.state.published", "access.family.revoked"]
    assert house.entries[-1].detail == {"reason": "code-reused"}
    assert house.entries[-1].actor == house.ada.pseudonym


def test_a_code_that_was_asked_for_with_a_key_is_that_keys(house: House) -> None:
    thief = Holder()
    for holder, reason in ((thief, "code-of-another-key"), (None, "code-of-another-key")):
        code = house.code(dpop_jkt=house.holder.thumbprint)
        with pytest.raises(GrantRefused) as caught:
            house.redeem(code, holder=holder)
        assert refusal(caught.value) == ("invalid_grant", reason)
    issued = house.redeem(house.code(dpop_jkt=house.holder.thumbprint), holder=house.holder)
    who = house.who(issued.token)
    assert isinstance(who, Authenticated)
    assert who.key == house.holder.thumbprint


@pytest.mark.parametrize("code", ["x", "é", "\ud800", "' OR '1'='1", "A" * 4000])
def test_a_guess_is_nothing(house: House, code: str) -> None:
    with pytest.raises((GrantRefused, UnicodeEncodeError)):
        house.redeem(code)


def test_the_store_holds_no_code(house: House) -> None:
    code = house.code()
    with house.store.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM authorization_code").all())
    assert code not in rows


def test_who_signs_in_for_ever_fills_a_bounded_place_and_the_oldest_code_gives_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MOST", 3)
    first, *others = [house.code(person=house.bob) for _ in range(5)]
    with pytest.raises(GrantRefused):
        house.redeem(first)
    assert house.works(house.redeem(others[-1]))
