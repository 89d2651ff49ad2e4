"""Somebody who registers without end, or manages a registration that is not theirs, or is over.

Source: RFC 7591 section 5; RFC 7592 sections 3 and 5.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access.issue import registered
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.registered import A_MINUTE, LIFE, MOST_OF_ONE
from bartizan.access.issue.registration import RegistrationRefused
from bartizan.access.tables import REGISTRATION
from bartizan.app.admin.gate import CallRefused
from bartizan.app.control_ports import NotInForce
from bartizan.app.registering import NotManaged
from bartizan.clock import SECOND
from tests.attacks.registering import ANYBODY, BACK, OWN_TOKENS, TEMPLATE, Registry, asked, why


@pytest.fixture
def lax(tmp_path: Path) -> Iterator[Registry]:
    """Return an installation whose policies let anybody register anything, so that only what no policy gives is left."""
    made = Registry(tmp_path, ANYBODY)
    yield made
    made.store.dispose()


# ---- how often -----------------------------------------------------------------------------------------------
def test_a_flood_of_registrations_is_cut_and_only_its_own_registrant_waits(lax: Registry) -> None:
    for _ in range(A_MINUTE):
        lax.register()
    assert lax.refusal() == ("too_many_registrations", "registrations-too-fast")
    lax.register(who="plain")
    lax.later(61)
    lax.register()


def test_nobody_has_more_than_so_many_and_one_that_ends_makes_room(lax: Registry) -> None:
    made = []
    for _ in range(MOST_OF_ONE):
        lax.later(61)
        made.append(lax.register())
    lax.later(61)
    assert lax.refusal() == ("too_many_registrations", "registrations-full")
    lax.register(who="plain")
    lax.withdraw(made[0])
    lax.register()


def test_who_is_anonymous_is_bounded_by_network_and_in_all(
    lax: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "MOST_OF_ONE", 2)
    monkeypatch.setattr(registered, "MOST_ANONYMOUS", 3)
    one, other, third = ("a-" + digit * 16 for digit in "123")
    for source in (one, one):
        lax.register(who=None, source=source)
    assert lax.refusal(who=None, source=one)[1] == "registrations-full"
    lax.register(who=None, source=other)
    lax.later(61)
    assert lax.refusal(who=None, source=third)[1] == "registrations-full"
    assert lax.refusal(who=None)[1] == "registrations-full"
    lax.register(who="plain")


def test_all_together_are_bounded_and_those_that_are_over_are_forgotten(
    lax: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "MOST", 2)
    monkeypatch.setattr(registered, "KEPT", 1)
    first, second = lax.register(), lax.register(who="plain")
    assert lax.refusal(who="plain")[1] == "registrations-full"
    for each in (first, second):
        lax.withdraw(each)
    third = lax.register()
    left = {each.client for each in lax.registrar.people() if each.self_registered}
    assert len(left) == 2
    assert third["client_id"] in left


def test_refusals_without_end_are_one_event_a_kind(lax: Registry) -> None:
    for _ in range(50):
        lax.refusal(scope="x")
    assert lax.refused() == ["invalid-client-metadata"]
    (entry,) = [each for each in lax.entries if each.kind == "access.client.refused"]
    assert (entry.detail["count"], entry.actor) == (50, lax.dev.pseudonym)


# ---- who manages it ------------------------------------------------------------------------------------------
def managed(house: Registry, client: str, token: str) -> bool:
    try:
        house.read(client, token)
    except NotManaged:
        return False
    return True


def test_a_management_token_is_good_for_its_own_registration_once(lax: Registry) -> None:
    one, other = lax.register(), lax.register()
    for client, token in (
        (other["client_id"], one["registration_access_token"]),
        (lax.app.client, one["registration_access_token"]),
        (one["client_id"], one["client_secret"]),
        (one["client_id"], ""),
        (one["client_id"], one["registration_access_token"][:-1]),
        ("", one["registration_access_token"]),
        ("c-0000000000000000", one["registration_access_token"]),
    ):
        assert not managed(lax, client, token)
    again = lax.read(one["client_id"], one["registration_access_token"])
    assert "client_secret" not in again
    assert not managed(lax, one["client_id"], one["registration_access_token"])
    assert managed(lax, one["client_id"], again["registration_access_token"])
    assert set(lax.refused()) == {"management-refused"}


def test_what_is_kept_of_a_management_token_manages_nothing(lax: Registry) -> None:
    made = lax.register()
    with lax.store.begin() as connection:
        row = connection.execute(REGISTRATION.select()).one()
    assert made["registration_access_token"].encode() not in bytes(row.token)
    assert not managed(lax, made["client_id"], bytes(row.token).hex())
    stored = b"".join(
        path.read_bytes() for path in Path(str(lax.store.url.database)).parent.glob("store.db*")
    )
    for name in ("registration_access_token", "client_secret"):
        assert made[name].encode() not in stored


def test_a_change_is_judged_as_a_registration_is_and_one_that_is_refused_changes_nothing(
    tmp_path: Path,
) -> None:
    house = Registry(tmp_path)
    made = house.register()
    for changed in (
        {"redirect_uris": ["https://evil.example/back"]},
        {"resource": "https://localhost:8443/tools"},
        {"grant_types": ["authorization_code", "client_credentials"]},
        {"client_id": house.app.client},
        {"client_id": None},
        {"registration_access_token": "x"},
    ):
        with pytest.raises((CallRefused, RegistrationRefused)):
            house.update(made, **changed)
    assert house.read(made["client_id"], made["registration_access_token"])["redirect_uris"] == [BACK]
    with pytest.raises(NotManaged):
        house.update(made)
    house.store.dispose()


def test_a_change_is_permitted_to_who_registered_and_to_nobody_in_their_place(tmp_path: Path) -> None:
    policy = TEMPLATE.replace("resource.control &&\n", "resource.control && !context.update &&\n")
    house = Registry(tmp_path, policy)
    made = house.register()
    with pytest.raises(CallRefused) as caught:
        house.update(made)
    assert why(caught.value) == ("403", "policy-denied")
    house.store.dispose()


def test_a_change_gives_another_secret_and_the_one_before_is_good_for_nothing(lax: Registry) -> None:
    made = lax.register({}, **OWN_TOKENS)
    before = made["client_secret"]
    after = lax.update(made, **OWN_TOKENS)
    assert after["client_secret"] != before
    app = lax.of(after)
    assert lax._token(lax.form(app, {"grant_type": "client_credentials"}, {}), None).token
    assert asked(lax, app, client_secret=before) == ("invalid_client", "invalid-client")


def test_what_ends_is_refused_at_once_everywhere_and_managed_no_more(lax: Registry) -> None:
    made = lax.register()
    app = lax.of(made)
    issued = lax.redeem(lax.code(app, redirect_uri=BACK), app, redirect_uri=BACK)
    lax.withdraw(made)
    assert not lax.works(issued)
    assert not managed(lax, made["client_id"], made["registration_access_token"])
    with pytest.raises(GrantRefused) as caught:
        lax.refresh(issued.refresh, app)
    assert caught.value.error.value == "invalid_client"
    assert lax.kinds().index("access.principal.revoked") < lax.kinds().index("access.client.withdrawn")


def test_what_ends_while_a_worker_is_slow_is_on_record_once_it_is_in_force(lax: Registry) -> None:
    made = lax.register()
    lax.stuck = True
    with pytest.raises(NotInForce):
        lax.withdraw(made)
    assert "access.client.withdrawn" not in lax.kinds()
    lax.stuck = False
    asyncio.run(lax.registrar.publication.settle())
    assert lax.kinds()[-2:] == ["access.principal.revoked", "access.client.withdrawn"]


def test_a_registration_ends_by_itself_with_its_secret(lax: Registry) -> None:
    made = lax.register(grant_types=["authorization_code", "client_credentials"])
    app = lax.of(made)
    assert made["client_secret_expires_at"] == (lax.clock.now() + LIFE) // SECOND
    lax.later(LIFE // SECOND)
    assert asked(lax, app) == ("invalid_client", "registration-over")
    with pytest.raises(GrantRefused) as caught:
        lax.push(app, redirect_uri=BACK)
    assert caught.value.reason == "registration-over"
    assert not managed(lax, made["client_id"], made["registration_access_token"])


def test_a_public_application_and_one_that_signs_end_too(lax: Registry) -> None:
    public_one = lax.of(
        lax.register(token_endpoint_auth_method="none", redirect_uris=["com.example.app:/back"], resource="")  # noqa: S106 - a method
    )
    lax.push(public_one, redirect_uri="com.example.app:/back")
    lax.later(LIFE // SECOND)
    with pytest.raises(GrantRefused) as caught:
        lax.push(public_one, redirect_uri="com.example.app:/back")
    assert caught.value.reason == "registration-over"


@pytest.mark.parametrize("how", ["revoke", "erase"])
def test_who_is_revoked_takes_along_what_they_registered(lax: Registry, how: str) -> None:
    mine, other = lax.of(lax.register()), lax.of(lax.register(who="plain"))
    asyncio.run(getattr(lax.registrar, how)(lax.dev.id))
    revoked = {each.id: each.revoked for each in lax.registrar.people()}
    assert revoked[mine.id]
    assert not revoked[other.id]


def test_no_credential_stands_in_the_record_or_in_an_error(lax: Registry) -> None:
    made = lax.register()
    said = str(lax.entries) + str(lax.refusal(scope=made["client_secret"]))
    assert made["client_secret"] not in said
    assert made["registration_access_token"] not in said
