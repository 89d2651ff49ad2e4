import pytest
from sqlalchemy import Engine, select

from bartizan.access.issue import credentials
from bartizan.access.issue.credentials import CredentialsWrong, check, give_secret
from bartizan.access.register import register, revoke
from bartizan.access.tables import CLIENT
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Kind, Principal

NOW = Nanoseconds(10**18)


def client(store: Engine, name: str = "ci") -> tuple[Principal, str]:
    with store.begin() as connection:
        person = register(connection, Kind.WORKLOAD, name, ["caller"], NOW)
        return person, give_secret(connection, person).reveal().decode()


def test_whoever_knows_the_secret_is_the_principal(store: Engine) -> None:
    person, secret = client(store)
    with store.begin() as connection:
        assert check(connection, person.client, secret) == person


def test_a_secret_is_256_random_bits_and_kept_as_a_digest(store: Engine) -> None:
    _, secret = client(store)
    assert len(secret) == len("bartizan_") + 43
    with store.begin() as connection:
        kept = connection.execute(select(CLIENT.c.secret_hash)).scalar_one()
    assert len(kept) == 32
    assert secret.encode() not in kept


@pytest.mark.parametrize("change", ["", "x", "bartizan_", " {}", "{}x", "\ud800"])
def test_any_other_secret_is_wrong(store: Engine, change: str) -> None:
    person, secret = client(store)
    with store.begin() as connection, pytest.raises(CredentialsWrong):
        check(connection, person.client, change.format(secret))


def test_a_secret_is_its_own_clients_only(store: Engine) -> None:
    _, secret = client(store)
    other, _ = client(store, "other")
    with store.begin() as connection, pytest.raises(CredentialsWrong):
        check(connection, other.client, secret)


def test_a_principals_id_is_not_its_client_id(store: Engine) -> None:
    person, secret = client(store)
    with store.begin() as connection, pytest.raises(CredentialsWrong):
        check(connection, person.id, secret)


def test_a_new_secret_ends_the_old_one(store: Engine) -> None:
    person, old = client(store)
    with store.begin() as connection:
        new = give_secret(connection, person).reveal().decode()
        assert check(connection, person.client, new) == person
        with pytest.raises(CredentialsWrong):
            check(connection, person.client, old)


def test_a_revoked_clients_secret_is_wrong(store: Engine) -> None:
    person, secret = client(store)
    with store.begin() as connection:
        revoke(connection, person.id)
        with pytest.raises(CredentialsWrong):
            check(connection, person.client, secret)


def test_the_unknown_the_revoked_and_the_wrong_take_one_path_and_get_one_answer(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, secret = client(store)
    gone, gone_secret = client(store, "gone")
    compared: list[int] = []
    real = credentials._matches

    def counting(given: str, kept: bytes) -> bool:
        compared.append(len(kept))
        return real(given, kept)

    monkeypatch.setattr(credentials, "_matches", counting)
    answers = set()
    with store.begin() as connection:
        revoke(connection, gone.id)
        for name, word in (("c-unknown", secret), (gone.client, gone_secret), (person.client, "wrong")):
            with pytest.raises(CredentialsWrong) as caught:
                check(connection, name, word)
            answers.add(str(caught.value))
    assert compared == [32, 32, 32]
    assert len(answers) == 1
