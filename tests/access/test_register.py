from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bartizan.access import register as people
from bartizan.access.errors import PrincipalExists, PrincipalUnknown
from bartizan.access.issue.credentials import give_secret
from bartizan.access.tables import ADDRESS, CLIENT
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Kind, NotAPrincipal, Principal
from bartizan.identity.pseudonym import Minted

NOW = Nanoseconds(1_800_000_000 * 10**9)


def ada(store: Engine) -> Principal:
    with store.begin() as connection:
        return people.register(connection, Kind.USER, "ada", ["owner", "caller", "caller"], NOW)


def test_a_new_principal_has_names_of_its_own_and_is_found_again(store: Engine) -> None:
    new = ada(store)
    assert (new.id, new.roles, new.revoked, len(new.content_key)) == (
        "user.ada",
        ("caller", "owner"),
        False,
        32,
    )
    with store.begin() as connection:
        assert people.get(connection, "user.ada") == new
        other = people.register(connection, Kind.USER, "bob", [], NOW)
        assert people.people(connection) == (new, other)
    assert not {new.pseudonym, new.client, new.content_key} & {
        other.pseudonym,
        other.client,
        other.content_key,
    }


def test_a_name_is_given_once(store: Engine) -> None:
    ada(store)
    with store.begin() as connection, pytest.raises(PrincipalExists):
        people.register(connection, Kind.USER, "ada", [], NOW)


@pytest.mark.parametrize(
    ("name", "roles"), [("Ada", []), ("ada", ["Caller"]), ("ada", ["a b"]), ("ada", [""])]
)
def test_names_and_roles_are_of_their_form(store: Engine, name: str, roles: list[str]) -> None:
    with store.begin() as connection:
        with pytest.raises(NotAPrincipal):
            people.register(connection, Kind.USER, name, roles, NOW)
        assert people.people(connection) == ()


def test_whoever_is_revoked_stays_known_as_revoked(store: Engine) -> None:
    new = ada(store)
    with store.begin() as connection:
        assert people.revoke(connection, "user.ada").revoked
        assert people.get(connection, "user.ada").pseudonym == new.pseudonym
        with pytest.raises(PrincipalUnknown):
            people.revoke(connection, "user.eve")


def test_erasing_leaves_nothing_that_links_a_pseudonym_to_a_person(store: Engine, tmp_path: Path) -> None:
    new = ada(store)
    with store.begin() as connection:
        give_secret(connection, new)
    traces = (b"user.ada", new.pseudonym.encode(), new.content_key, new.client.encode())
    assert all(any(trace in file.read_bytes() for file in tmp_path.iterdir()) for trace in traces)
    with store.begin() as connection:
        assert people.erase(connection, "user.ada").pseudonym == new.pseudonym
    assert people.forget(store)
    with store.begin() as connection:
        assert connection.execute(select(CLIENT)).all() == []
        with pytest.raises(PrincipalUnknown):
            people.get(connection, "user.ada")
    assert not any(trace in file.read_bytes() for file in tmp_path.iterdir() for trace in traces)


def test_a_name_that_was_erased_and_is_given_again_is_somebody_else(store: Engine) -> None:
    before = ada(store)
    with store.begin() as connection:
        people.erase(connection, "user.ada")
    after = ada(store)
    assert (before.client, before.pseudonym, before.content_key) != (
        after.client,
        after.pseudonym,
        after.content_key,
    )


def test_address_pseudonyms_are_kept_until_they_are_erased(store: Engine, tmp_path: Path) -> None:
    minted = [Minted("a-1111111111111111", "192.0.2.0/24"), Minted("a-2222222222222222", "192.0.2.0/24")]
    with store.begin() as connection:
        people.keep_addresses(connection, minted)
        people.keep_addresses(connection, minted)  # reported again after a restart
        assert len(connection.execute(select(ADDRESS)).all()) == 2
        assert people.erase_address(connection, "192.0.2.0/24") == 2
    assert people.forget(store)
    assert not any(b"192.0.2.0/24" in file.read_bytes() for file in tmp_path.iterdir())


def test_the_oldest_address_pseudonyms_give_way(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_ADDRESSES", 3)
    with store.begin() as connection:
        for number in range(5):
            people.keep_addresses(connection, [Minted(f"a-{number:016x}", f"10.0.{number}.0/24")])
        kept = connection.execute(select(ADDRESS.c.prefix).order_by(ADDRESS.c.number)).scalars().all()
    assert kept == ["10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"]


def test_revoked_tokens_are_remembered_until_they_are_expired_anyway(store: Engine) -> None:
    with store.begin() as connection:
        people.revoke_token(connection, "t-1", Nanoseconds(NOW + 1))
        people.revoke_token(connection, "t-1", Nanoseconds(NOW + 1))
        people.revoke_token(connection, "t-2", Nanoseconds(NOW + 5))
        assert people.revoked_tokens(connection, NOW) == {"t-1": NOW + 1, "t-2": NOW + 5}
        assert people.revoked_tokens(connection, Nanoseconds(NOW + 1)) == {"t-2": NOW + 5}
        people.forget_expired(connection, Nanoseconds(NOW + 1))
        assert people.revoked_tokens(connection, NOW) == {"t-2": NOW + 5}


@pytest.mark.parametrize("kind", [Kind.USER, Kind.DEVICE, Kind.WORKLOAD])
def test_a_name_that_an_issuers_subject_would_get_is_given_to_nobody_by_hand(
    store: Engine, kind: Kind
) -> None:
    with store.begin() as connection:
        with pytest.raises(NotAPrincipal, match="an issuer's tokens bring"):
            people.register(connection, kind, "x-00112233445566ff", [], NOW)
        for free in ("x-00112233445566f", "x-00112233445566ff0", "x-00112233445566fg", "xx-00112233445566ff"):
            people.register(connection, kind, free, [], NOW)
        people.register(connection, kind, "x-00112233445566ff", [], NOW, kept=people.SUBJECTS)
