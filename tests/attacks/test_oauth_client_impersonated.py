"""Somebody who wants a token as a client whose key he has not: forged, altered, borrowed and repeated assertions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwk
from sqlalchemy import Engine, func, select

from bartizan.access.issue import assertion as assertions
from bartizan.access.issue.client import authenticate, authenticate_application
from bartizan.access.issue.client_key import give_keys, read_keys
from bartizan.access.issue.credentials import give_secret
from bartizan.access.issue.form import Credential, GrantRefused
from bartizan.access.register import prepare, register, revoke
from bartizan.access.tables import ASSERTION
from bartizan.clock import MINUTE, Nanoseconds
from bartizan.identity.principal import Kind, Principal
from bartizan.store.engine import open_store
from tests.access.issue.workshop import ISSUER, KEY, START, START_S, assertion, claims, document, public

STRANGER = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
RSA = jwk.RSAKey.generate_key(2048, {"kid": "rsa", "alg": "PS256"})


class House:
    """A store with one client that signs, and one that has a secret."""

    def __init__(self, store: Engine) -> None:
        self.store = store
        with store.begin() as connection:
            self.client = register(connection, Kind.WORKLOAD, "ci", ["caller"], START)
            give_keys(connection, self.client, read_keys(document(KEY, RSA)))
            self.other = register(connection, Kind.WORKLOAD, "other", ["caller"], START)
            self.secret = give_secret(connection, self.other).reveal().decode()

    def asks(self, shown: Credential, now: Nanoseconds = START) -> Principal:
        with self.store.begin() as connection:
            return authenticate(connection, shown, ISSUER, now)

    def refusal(self, shown: Credential, now: Nanoseconds = START) -> str:
        with pytest.raises(GrantRefused) as caught:
            self.asks(shown, now)
        assert caught.value.error.value == "invalid_client"
        assert caught.value.what == "the client is unknown or its credential is wrong"
        return caught.value.reason

    def said(self, **changed: object) -> dict[str, Any]:
        own = {"iss": self.client.client, "sub": self.client.client}
        return claims(**(own | changed))

    def honest(self, **changed: object) -> Credential:
        return Credential("", assertion=assertion(self.said(**changed)))

    def remembered(self) -> int:
        with self.store.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(ASSERTION)).scalar_one())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db")
    prepare(store)
    yield House(store)
    store.dispose()


def test_an_honest_assertion_is_its_client_with_and_without_the_clients_id_beside_it(house: House) -> None:
    assert house.asks(house.honest(jti="honest")) == house.client
    beside = assertion(house.said(jti="beside", aud=[ISSUER]))
    assert house.asks(Credential(house.client.client, assertion=beside)) == house.client
    head = {"alg": "PS256", "kid": "rsa", "typ": "client-authentication+jwt"}
    by_rsa = assertion(house.said(jti="rsa"), head, RSA, "PS256")
    assert house.asks(Credential("", assertion=by_rsa)) == house.client


def test_an_assertion_that_was_used_is_refused_until_it_has_expired_and_after(house: House) -> None:
    house.asks(house.honest(jti="once"))
    assert house.refusal(house.honest(jti="once")) == "assertion-replayed"
    assert house.refusal(house.honest(jti="once", iat=None)) == "assertion-replayed"
    assert house.refusal(house.honest(jti="once"), Nanoseconds(START + MINUTE)) == "assertion-untimely"


def test_an_assertion_stays_used_though_what_it_was_shown_for_is_refused(house: House) -> None:
    shown = house.honest(jti="for nothing")
    for reason in ("unauthorized-client", "assertion-replayed"):
        with pytest.raises(GrantRefused) as caught:
            authenticate_application(house.store, shown, ISSUER, START)
        assert caught.value.reason == reason
    assert house.refusal(shown) == "assertion-replayed"


def test_a_restart_makes_no_used_assertion_good_again(house: House) -> None:
    house.asks(house.honest(jti="before"))
    house.store.dispose()
    assert house.refusal(house.honest(jti="before")) == "assertion-replayed"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": f"{ISSUER}/oauth/token"},
        {"aud": ISSUER + "/"},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": []},
        {"aud": "https://other.example"},
        {"aud": None},
    ],
)
def test_one_that_was_made_for_another_server_is_refused(house: House, changed: dict[str, object]) -> None:
    assert house.refusal(house.honest(**changed)) == "assertion-elsewhere"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": None}, "assertion-malformed"),
        ({"exp": START_S + 1.5}, "assertion-malformed"),
        ({"exp": True}, "assertion-malformed"),
        ({"exp": START_S}, "assertion-untimely"),
        ({"exp": START_S + 301}, "assertion-untimely"),
        ({"exp": 2**70}, "assertion-untimely"),
        ({"iat": START_S + 60}, "assertion-untimely"),
        ({"nbf": START_S + 60}, "assertion-untimely"),
        ({"nbf": "now"}, "assertion-untimely"),
        ({"jti": None}, "assertion-malformed"),
        ({"jti": ""}, "assertion-malformed"),
        ({"jti": "x" * 256}, "assertion-malformed"),
        ({"iss": "c-somebody-else"}, "assertion-of-another"),
        ({"sub": "c-ffffffffffffffff", "iss": "c-ffffffffffffffff"}, "assertion-key-unknown"),
        ({"sub": None}, "assertion-malformed"),
    ],
)
def test_claims_that_are_not_bounded_or_not_the_clients_are_refused(
    house: House, changed: dict[str, object], reason: str
) -> None:
    assert house.refusal(house.honest(**changed)) == reason


@pytest.mark.parametrize(
    ("header", "key", "algorithm", "reason"),
    [
        ({"alg": "ES256", "kid": "one"}, STRANGER, "ES256", "assertion-forged"),
        ({"alg": "none", "kid": "one"}, KEY, "ES256", "assertion-key-unknown"),
        ({"alg": "HS256", "kid": "one"}, KEY, "ES256", "assertion-key-unknown"),
        ({"alg": "RS256", "kid": "rsa"}, RSA, "RS256", "assertion-key-unknown"),
        ({"alg": "ES256", "kid": "rsa"}, KEY, "ES256", "assertion-key-unknown"),
        ({"alg": "ES256"}, KEY, "ES256", "assertion-key-unknown"),
        ({"alg": "ES256", "kid": "one", "jwk": public(STRANGER)}, STRANGER, "ES256", "assertion-malformed"),
        (
            {"alg": "ES256", "kid": "one", "jku": "https://evil.example"},
            STRANGER,
            "ES256",
            "assertion-malformed",
        ),
        ({"alg": "ES256", "kid": "one", "typ": "at+jwt"}, KEY, "ES256", "assertion-malformed"),
        ({"alg": "ES256", "kid": 1}, KEY, "ES256", "assertion-malformed"),
        ({"kid": "one"}, KEY, "ES256", "assertion-malformed"),
    ],
)
def test_a_header_chooses_neither_key_nor_algorithm(
    house: House,
    header: dict[str, Any],
    key: Any,  # noqa: ANN401 - of either kind
    algorithm: str,
    reason: str,
) -> None:
    forged = assertion(house.said(jti="header"), header, key, algorithm)
    assert house.refusal(Credential("", assertion=forged)) == reason


@pytest.mark.parametrize("text", ["a", "a.b.c", "..", "." * 5000, "é.é.é", "eyJhIjoxfQ.eyJhIjoxfQ.AA"])
def test_what_is_no_assertion_is_refused(house: House, text: str) -> None:
    assert house.refusal(Credential("", assertion=text)).startswith("assertion-")


def test_an_assertion_is_good_for_the_client_that_signed_it_alone(house: House) -> None:
    one = assertion(house.said(jti="mixed"))
    assert house.refusal(Credential(house.other.client, assertion=one)) == "assertion-of-another"


def test_who_signs_has_no_secret_and_who_has_a_secret_cannot_sign(house: House) -> None:
    assert house.asks(Credential(house.other.client, house.secret)) == house.other
    assert house.refusal(Credential(house.client.client, house.secret)) == "invalid-client"
    assert house.refusal(Credential(house.client.client, "")) == "invalid-client"
    own = house.said(iss=house.other.client, sub=house.other.client)
    assert house.refusal(Credential("", assertion=assertion(own))) == "assertion-key-unknown"


def test_a_stranger_who_tries_for_ever_has_nothing_remembered(house: House) -> None:
    before = house.remembered()
    for number in range(50):
        forged = assertion(house.said(jti=f"forged-{number}"), key=STRANGER)
        house.refusal(Credential("", assertion=forged))
    assert house.remembered() == before


def test_a_client_that_never_stops_fills_its_own_share_alone_and_only_for_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assertions, "MOST", house.remembered() + 1)
    house.asks(house.honest(jti="last"))
    assert house.refusal(house.honest(jti="one too many")) == "assertions-full"
    later = Nanoseconds(START + 2 * MINUTE)
    assert house.asks(house.honest(jti="later", exp=START_S + 180), later) == house.client
    assert house.remembered() == 1


def test_a_revoked_client_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db")
    prepare(store)
    house = House(store)
    with store.begin() as connection:
        revoke(connection, house.client.id)
    assert house.refusal(house.honest()) == "assertion-key-unknown"
    store.dispose()


def test_nothing_that_is_shown_stands_in_a_text() -> None:
    assert "secret" not in repr(Credential("c-1", "secret"))
    assert json.dumps(claims()) not in repr(Credential("c-1", assertion=assertion()))
