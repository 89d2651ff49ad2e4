"""An application that a person let act for them no longer, with all that it still holds; and whoever withdraws for another."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access.errors import ConsentUnknown
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import Issued
from bartizan.access.issue.pushed import RequestUnknown
from bartizan.access.people.errors import Fault
from bartizan.identity.principal import Principal
from tests.attacks.oauth import House, refusal
from tests.attacks.test_oauth_device_code import Devices
from tests.console.scene import HERE


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.dispose()


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    made = Devices(tmp_path)
    yield made
    made.store.dispose()


def withdraw(house: House, person: Principal, application: Principal) -> None:
    asyncio.run(house.issuing.consents.withdraw(person, application.id, person.pseudonym))


def word(house: House, issued: Issued) -> tuple[str, str]:
    """Return the words with which a refresh token is refused."""
    with pytest.raises(GrantRefused) as caught:
        house.refresh(issued.refresh)
    return refusal(caught.value)


def test_nothing_that_an_application_holds_is_good_at_the_next_request(house: House) -> None:
    first, second = (
        house.redeem(house.code()),
        house.redeem(house.code(resource=None, audience="bartizan:gateway")),
    )
    renewed = house.refresh(second.refresh)
    lent = house.exchange(renewed.token, house.agent("summarizer", "caller"))
    assert all(map(house.works, (first, second, renewed, lent)))
    withdraw(house, house.ada, house.app)
    assert not any(map(house.works, (first, second, renewed, lent)))
    assert word(house, first) == word(house, renewed) == ("invalid_grant", "refresh-unknown")
    assert house.inspect(renewed.token) == {"active": False}


def test_a_code_that_waits_is_good_for_nothing_and_its_request_is_not_answered_again(house: House) -> None:
    uri = house.push()
    code = house.answered(house.allow(uri))["code"]
    withdraw(house, house.ada, house.app)
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code)
    assert refusal(caught.value) == ("invalid_grant", "code-unknown")
    with pytest.raises(RequestUnknown):
        house.allow(uri)


def test_the_person_is_asked_again(house: House) -> None:
    house.redeem(house.code())
    assert house.lending.question(house.push(), house.app.client, house.signed_in()).answered
    withdraw(house, house.ada, house.app)
    assert not house.lending.question(house.push(), house.app.client, house.signed_in()).answered
    assert house.works(house.redeem(house.code()))


def test_what_another_person_or_another_application_has_stays(house: House) -> None:
    mine, theirs = house.redeem(house.code()), house.redeem(house.code(person=house.bob))
    public = house.redeem(house.code(house.native), house.native, house.holder)
    withdraw(house, house.ada, house.app)
    assert [house.works(each) for each in (mine, theirs, public)] == [False, True, True]
    assert house.works(house.refresh(theirs.refresh))
    assert [each.application for each in house.issuing.consents.of(house.ada)] == [house.native]
    assert [each.application for each in house.issuing.consents.of(house.bob)] == [house.app]


def test_it_is_on_record_who_withdrew_whose_and_how_much_ended_by_it(house: House) -> None:
    for _ in range(2):
        house.redeem(house.code())
    withdraw(house, house.ada, house.app)
    (said,) = (each for each in house.entries if each.kind == "access.consent.withdrawn")
    assert (said.actor, said.subject) == (house.ada.pseudonym, house.ada.pseudonym)
    assert said.detail == {"client": house.app.pseudonym, "count": 2}
    assert house.kinds()[-2:] == [
        "platform.state.published",
        "access.consent.withdrawn",
    ]  # in force, then on record


def test_there_is_nothing_to_learn_by_withdrawing_what_nobody_gave(house: House) -> None:
    house.redeem(house.code())
    before = house.kinds()
    for name in (house.other.id, "workload.nobody", "user.bob", ""):
        with pytest.raises(ConsentUnknown) as caught:
            asyncio.run(house.issuing.consents.withdraw(house.ada, name, house.ada.pseudonym))
        assert str(caught.value) == str(ConsentUnknown())
    assert house.kinds() == before


def test_a_device_that_has_not_fetched_its_tokens_yet_gets_none(devices: Devices) -> None:
    codes, cookie = devices.begin(devices.kiosk), devices.signed_in("ada")
    assert devices.allow(codes.user, cookie) == "/people?said=device-allowed"
    said = devices.send("/people/withdraw", cookie, csrf=devices.form(cookie), application="workload.kiosk")
    assert said.way == "/people/applications?said=withdrawn"
    devices.clock.move(5)
    assert devices.refused(codes.device, devices.kiosk) == ("invalid_grant", "code-unknown")


def test_nobody_withdraws_what_another_person_gave(devices: Devices) -> None:
    codes, bob = devices.begin(devices.kiosk), devices.signed_in("bob")
    devices.allow(codes.user, bob)
    devices.clock.move(5)
    issued = devices.poll(codes.device, devices.kiosk)
    ada = devices.signed_in("ada")
    said = devices.send("/people/withdraw", ada, csrf=devices.form(ada), application="workload.kiosk")
    assert said.way == f"/people/applications?said={Fault.CONSENT_UNKNOWN.value}"
    assert "kiosk" not in devices.page("/people/applications", ada).body
    assert devices.issuing.consents.of(devices.people.who(bob).person)[0].application == devices.kiosk
    said = devices.send("/people/withdraw", ada, HERE, csrf=devices.form(bob), application="workload.kiosk")
    assert said.status == 403
    assert issued.refresh
