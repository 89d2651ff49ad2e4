"""Somebody who copied a refresh token, and uses it before its owner does, or after.

Source: RFC 9700 section 4.14.
"""

from collections.abc import Iterator

import pytest

from bartizan.access.issue import family as families
from bartizan.access.issue.family import RefreshTokens
from bartizan.access.issue.form import GrantRefused
from bartizan.crypto.secret import Secret
from bartizan.identity.holder import Holder
from tests.attacks.oauth import House, refusal

DAY_S = 86_400


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.store.dispose()


def test_each_refresh_token_is_good_once_and_a_used_one_ends_the_family_for_both(house: House) -> None:
    stolen = house.redeem(house.code())
    thiefs = house.refresh(stolen.refresh)
    assert house.works(thiefs)
    with pytest.raises(GrantRefused) as caught:
        house.refresh(stolen.refresh)
    assert refusal(caught.value) == ("invalid_grant", "refresh-reused")
    assert (
        caught.value.principal == house.ada.pseudonym
    )  # whose tokens somebody has: for the watch over sign-ins
    assert not house.works(thiefs)
    assert not house.works(stolen)
    with pytest.raises(GrantRefused) as after:
        house.refresh(thiefs.refresh)
    assert refusal(after.value) == ("invalid_grant", "refresh-unknown")
    assert house.entries[-1].kind == "access.family.revoked"
    assert house.entries[-1].detail == {"reason": "refresh-reused"}


def test_another_family_of_the_same_person_goes_on(house: House) -> None:
    one, other = house.redeem(house.code()), house.redeem(house.code())
    house.refresh(one.refresh)
    with pytest.raises(GrantRefused):
        house.refresh(one.refresh)
    assert house.works(other)
    assert house.works(house.refresh(other.refresh))


def test_an_invented_token_ends_no_family(house: House) -> None:
    issued = house.refresh(house.redeem(house.code()).refresh)
    prefix, family, number, mac = issued.refresh.split(".")
    invented = [
        f"{prefix}.{family}.0.{mac}",
        f"{prefix}.{family}.{number}.{'A' * 43}",
        f"{prefix}.{family}.-1.{mac}",
        f"{prefix}.{family}.00{number}.{mac}",
        f"{prefix}.{family}",
        RefreshTokens(Secret(b"other key of thirty-two octets.")).write(f"f-{family}", 0),
        "",
        "é" * 40,
    ]
    for token in invented:
        with pytest.raises(GrantRefused):
            house.refresh(token)
    assert house.works(issued)
    assert house.works(house.refresh(issued.refresh))


def test_a_copied_token_is_no_other_clients_and_is_not_lost_to_its_own(house: House) -> None:
    issued = house.redeem(house.code())
    with pytest.raises(GrantRefused) as caught:
        house.refresh(issued.refresh, house.other)
    assert refusal(caught.value) == ("invalid_grant", "refresh-of-another")
    assert house.works(house.refresh(issued.refresh))


def test_a_copied_token_is_nothing_without_the_key_it_is_bound_to(house: House) -> None:
    code = house.code(house.native)
    issued = house.redeem(code, house.native, house.holder)
    with pytest.raises(GrantRefused) as caught:
        house.refresh(issued.refresh, house.native, Holder())
    assert refusal(caught.value) == ("invalid_grant", "refresh-of-another-key")
    with pytest.raises(GrantRefused) as bare:
        house.refresh(issued.refresh, house.native)
    assert bare.value.error.value == "invalid_dpop_proof"
    assert house.refresh(issued.refresh, house.native, house.holder).bound


def test_a_family_does_not_grow_beyond_what_was_consented_to(house: House) -> None:
    issued = house.redeem(house.code(resource="https://localhost:8443/tools"))
    for changed in ({"resource": "https://localhost:8443/assistant"}, {"audience": "bartizan:control"}):
        with pytest.raises(GrantRefused) as caught:
            house.refresh(issued.refresh, **changed)  # type: ignore[arg-type]  # parameters of the form alone
        assert caught.value.error.value == "invalid_target"
    same = house.refresh(issued.refresh, resource="https://localhost:8443/tools")
    assert house.works(same)


@pytest.mark.parametrize("gone", ["ada", "app"])
def test_nothing_is_given_for_who_was_revoked(tmp_path_factory: pytest.TempPathFactory, gone: str) -> None:
    import asyncio  # noqa: PLC0415

    house = House(tmp_path_factory.mktemp("house"))
    issued = house.redeem(house.code())
    asyncio.run(house.registrar.revoke(f"{'user' if gone == 'ada' else 'workload'}.{gone}"))
    assert not house.works(issued)
    with pytest.raises(GrantRefused):
        house.refresh(issued.refresh)
    house.store.dispose()


def test_a_name_that_is_erased_and_given_again_brings_no_old_token_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    import asyncio  # noqa: PLC0415

    house = House(tmp_path_factory.mktemp("house"))
    issued = house.redeem(house.code())
    asyncio.run(house.registrar.erase("user.ada"))
    asyncio.run(house.registrar.register(house.ada.kind, "ada", ["caller", "owner"], reuse=True))
    assert not house.works(issued)
    with pytest.raises(GrantRefused):
        house.refresh(issued.refresh)
    house.store.dispose()


def test_a_family_that_rests_for_a_week_is_over_and_so_is_one_of_thirty_days(house: House) -> None:
    resting = house.redeem(house.code())
    house.later(7 * DAY_S)
    with pytest.raises(GrantRefused):
        house.refresh(resting.refresh)
    issued = house.redeem(house.code())
    for _ in range(4):
        house.later(6 * DAY_S)
        issued = house.refresh(issued.refresh)
    house.later(6 * DAY_S)
    with pytest.raises(GrantRefused):
        house.refresh(issued.refresh)


def test_families_are_bounded_and_the_oldest_gives_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "MOST", 2)
    made = []
    for _ in range(3):
        house.later(1)
        made.append(house.redeem(house.code(person=house.bob)))
    first, *others = made
    assert not house.works(first)  # at once, and not when its ten minutes are over
    with pytest.raises(GrantRefused):
        house.refresh(first.refresh)
    assert all(house.works(each) for each in others)
    assert all(house.works(house.refresh(each.refresh)) for each in others)
    (said,) = (each for each in house.entries if each.detail.get("reason") == "gave-way")
    assert (said.kind, said.actor) == ("access.family.revoked", house.bob.pseudonym)


def test_the_store_holds_no_refresh_token(house: House) -> None:
    issued = house.redeem(house.code())
    with house.store.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM token_family").all())
    assert issued.refresh.rpartition(".")[2] not in rows
