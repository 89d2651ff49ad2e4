"""Whoever goes on with what an application holds of a person whom another issuer has signed out, or locked out.

Source: OpenID Connect Back-Channel Logout 1.0 section 2.7; RFC 8935; OpenID CAEP 1.0 and RISC 1.0.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access import links
from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import Issued
from bartizan.app.control_ports import NotInForce
from bartizan.app.issuers import SignalRefused
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.external import Link
from tests.attacks.oauth import refusal
from tests.attacks.registering import Registry
from tests.identity import abroad


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    """Return one where ada is alice at the other issuer, and bob is nobody there."""
    made = Registry(tmp_path)
    with made.store.begin() as connection:
        links.link(connection, Link(abroad.URL, "alice", made.ada.id, (), Nanoseconds(0)))
    yield made
    made.store.dispose()


def seconds(house: Registry) -> int:
    return house.clock.now() // SECOND


def logout(house: Registry, **changed: object) -> None:
    now = seconds(house)
    said = {"iat": now, "exp": now + 120, "jti": f"l-{now}"} | changed
    asyncio.run(house.issuers.logout(abroad.logout(**said)))  # type: ignore[arg-type]  # claims alone


def event(house: Registry, name: str, **changed: object) -> None:
    said = {"iat": seconds(house), "jti": f"e-{seconds(house)}"} | changed
    asyncio.run(house.issuers.hear(abroad.event(name, **said)))  # type: ignore[arg-type]  # claims alone


def had(house: Registry) -> tuple[Issued, Issued]:
    """Return the tokens that an application holds of ada, and of bob."""
    ada, bob = (house.redeem(house.code(person=each)) for each in (house.ada, house.bob))
    house.later(10)
    return ada, bob


def over(house: Registry, issued: Issued) -> bool:
    """Return whether nothing is had for what an application holds any more, neither refreshed nor at a service."""
    if house.allowed(issued.token) != "token-revoked":
        assert house.works(house.refresh(issued.refresh))
        return False
    with pytest.raises(GrantRefused) as caught:
        house.refresh(issued.refresh)
    assert refusal(caught.value) == ("invalid_grant", "refresh-unknown")
    return True


@pytest.mark.parametrize(
    "name",
    [
        "logout",
        abroad.CAEP + "session-revoked",
        abroad.CAEP + "credential-change",
        abroad.RISC + "account-disabled",
        abroad.RISC + "account-purged",
    ],
)
def test_what_applications_hold_ends_with_the_sign_in_and_before_that_is_answered(
    house: Registry, name: str
) -> None:
    ada, bob = had(house)
    if name == "logout":
        logout(house)
    else:
        event(house, name)
    assert over(house, ada)
    assert not over(house, bob)
    (entry,) = [each for each in house.entries if each.kind == "access.family.revoked"]
    assert (entry.actor, entry.detail) == ("platform", {"reason": "signed-out"})


def test_a_sign_out_that_was_not_in_force_at_first_is_on_record_with_all_that_it_ended(
    house: Registry,
) -> None:
    ada, _ = had(house)
    house.stuck = True
    with pytest.raises(NotInForce):
        logout(house)
    assert house.kinds().count("access.family.revoked") == 0
    house.stuck = False
    logout(house)
    assert over(house, ada)
    assert [house.kinds().count(f"access.{kind}") for kind in ("family.revoked", "signal.heeded")] == [1, 1]


def test_a_family_that_a_thief_ended_is_on_record_though_a_worker_was_slow(house: Registry) -> None:
    ada, _ = had(house)
    house.refresh(ada.refresh)
    house.stuck = True
    with pytest.raises(NotInForce):
        house.refresh(ada.refresh)
    house.stuck = False
    asyncio.run(house.registrar.publish())
    assert over(house, ada)
    assert house.kinds().count("access.family.revoked") == 1


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        (abroad.CAEP + "token-claims-change", {}),
        (abroad.RISC + "account-enabled", {}),
        (
            abroad.CAEP + "session-revoked",
            {"sub_id": {"format": "iss_sub", "iss": abroad.URL, "sub": "somebody-else"}},
        ),
    ],
)
def test_a_change_that_signs_nobody_out_or_another_ends_nothing(
    house: Registry, name: str, changed: dict[str, object]
) -> None:
    ada, bob = had(house)
    event(house, name, **changed)
    assert not over(house, ada)
    assert not over(house, bob)


def test_who_signed_in_after_the_sign_out_keeps_what_came_of_that(house: Registry) -> None:
    at = seconds(house)
    house.later(30)
    ada = house.redeem(house.code(person=house.ada))
    logout(house, iat=at)
    assert not over(house, ada)


def test_a_disabled_account_loses_what_came_later_too(house: Registry) -> None:
    at = seconds(house)
    house.later(30)
    ada = house.redeem(house.code(person=house.ada))
    event(house, abroad.RISC + "account-disabled", iat=at)
    assert over(house, ada)


def test_a_code_of_before_the_sign_out_gives_nothing_after_it(house: Registry) -> None:
    before = SignedIn(house.ada.id, "one", house.clock.now(), "passkey-synced")
    house.later(5)
    uri = house.push()
    token = house.lending.question(uri, house.app.client, before).token
    code = house.lending.decide(uri, house.app.client, before, token, yes=True).said["code"]
    logout(house)
    with pytest.raises(GrantRefused) as caught:
        house.redeem(code)
    assert refusal(caught.value) == ("invalid_grant", "person-signed-out")
    house.later(5)
    assert house.works(house.redeem(house.code(person=house.ada)))


def test_a_forged_sign_out_ends_nothing(house: Registry) -> None:
    ada, _ = had(house)
    forged: tuple[dict[str, object], ...] = ({"aud": "https://other.example"}, {"events": {}}, {"iat": 1})
    for changed in forged:
        with pytest.raises(SignalRefused):
            logout(house, **changed)
    assert not over(house, ada)
