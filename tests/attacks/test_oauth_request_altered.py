"""Somebody who changes, invents, repeats or redirects the request that a person is asked to allow.

Source: RFC 9700 sections 4.1 (redirects), 4.4 (mix-up), 4.7 (CSRF), 4.8 (PKCE downgrade); RFC 9126 section 7; RFC 8252
section 8.
"""

import base64
from collections.abc import Iterator

import pytest
from sqlalchemy import inspect

from bartizan.access.errors import RedirectRefused
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.pushed import LIFETIME_S, PREFIX, RequestUnknown
from bartizan.access.issue.redirect import matches, require_usable
from tests.attacks.oauth import HOME, LOOPBACK, URL, House, challenge, refusal


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.store.dispose()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
        {"code_challenge": challenge() + "="},
        {"code_challenge": "short"},
    ],
)
def test_a_request_without_an_s256_challenge_is_none(house: House, changed: dict[str, str | None]) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.push(**changed)  # type: ignore[arg-type]  # parameters of the form alone
    assert refusal(caught.value) == ("invalid_request", "challenge-missing")


TRICKS = [
    HOME + "/",
    HOME + "?next=https://evil.example",
    HOME + "#x",
    HOME + "/../evil",
    HOME + "%2f..",
    HOME.upper(),
    HOME.replace("https", "http"),
    "https://app.example:443/back",
    "https://app.example.evil.example/back",
    "https://app.example@evil.example/back",
    "https://evil.example/https://app.example/back",
    "//app.example/back",
    "javascript:alert(1)",
    "data:text/html,x",
    "",
    LOOPBACK,
]


@pytest.mark.parametrize("address", TRICKS)
def test_an_answer_goes_to_an_address_as_it_was_registered_or_nowhere(house: House, address: str) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.push(redirect_uri=address)
    assert refusal(caught.value) == ("invalid_request", "redirect-unknown")


@pytest.mark.parametrize("port", ["", ":1", ":49152", ":65535"])
def test_a_native_applications_port_may_be_any(house: House, port: str) -> None:
    address = f"http://127.0.0.1{port}/back"
    assert house.allow(house.push(house.native, redirect_uri=address), house.native).redirect == address


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:0/back",
        "http://127.0.0.1:65536/back",
        "http://127.0.0.1:80/other",
        "http://127.0.0.1:80/back/",
        "http://localhost:80/back",
        "http://127.0.0.2/back",
        "http://[::1]/back",
        "http://127.0.0.1:80@evil.example/back",
        "http://127.0.0.1.evil.example/back",
        "https://127.0.0.1/back",
        "com.example.app:/back/x",
        "com.example.app://back",
    ],
)
def test_nothing_but_the_port_may_be_other(address: str) -> None:
    assert not matches(address, (LOOPBACK, "com.example.app:/back"))


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/back",
        "http://localhost/back",
        "https://app.example",
        "https://*.app.example/back",
        "https://app.example/back#x",
        "https://user@app.example/back",
        "javascript:/alert",
        "file:/etc/passwd",
        "https://app.example/back\r\nset-cookie: a",
        "https://app.example/" + "x" * 255,
    ],
)
def test_an_address_that_is_nobodys_own_is_not_registered(address: str) -> None:
    with pytest.raises(RedirectRefused):
        require_usable([address])


def test_a_request_that_was_not_pushed_or_was_changed_is_none(house: House) -> None:
    uri = house.push()
    sealed = uri.removeprefix(PREFIX)
    flipped = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    octets = base64.urlsafe_b64encode(b"x" * 200).rstrip(b"=").decode()
    for other in (
        "",
        PREFIX,
        PREFIX + "A",
        PREFIX + flipped,
        PREFIX + octets,
        sealed,
        uri + "A",
        "é",
        PREFIX + "é",
    ):
        with pytest.raises(RequestUnknown):
            house.allow(other)
    with pytest.raises(RequestUnknown):
        house.allow(uri, house.other)
    assert "code" in house.allow(uri).said


def test_a_request_is_answered_once(house: House) -> None:
    uri = house.push()
    house.allow(uri)
    with pytest.raises(RequestUnknown):
        house.allow(uri)


def test_a_request_waits_ten_minutes(house: House) -> None:
    uri = house.push()
    house.later(LIFETIME_S)
    with pytest.raises(RequestUnknown):
        house.allow(uri)


def test_an_answer_that_the_person_did_not_give_is_none(house: House) -> None:
    """A page of somebody else's makes the browser post it: without the token of the question, session and person."""
    uri, ada = house.push(), house.signed_in()
    client = house.app.client
    token = house.lending.question(uri, client, ada).token
    strange = house.lending.question(house.push(), client, ada).token
    for person, shown in (
        (ada, ""),
        (ada, "é"),
        (ada, strange),
        (house.signed_in(session="another"), token),
        (house.signed_in(house.bob), token),
    ):
        with pytest.raises(RequestUnknown):
            house.lending.decide(uri, client, person, shown, yes=True)
    assert "code" in house.lending.decide(uri, client, ada, token, yes=True).said


def test_a_no_is_told_on_record_and_gives_nothing(house: House) -> None:
    uri, ada = house.push(), house.signed_in()
    token = house.lending.question(uri, house.app.client, ada).token
    decided = house.lending.decide(uri, house.app.client, ada, token, yes=False)
    assert decided.said == {"error": "access_denied", "state": "s", "iss": URL}
    assert house.kinds()[-1] == "access.consent.refused"


def test_every_answer_says_whose_it_is(house: House) -> None:
    assert house.allow(house.push()).said["iss"] == URL


def test_a_public_applications_person_is_asked_each_time_and_others_once(house: House) -> None:
    ada = house.signed_in()
    for _ in range(2):
        uri = house.push(house.native)
        assert not house.lending.question(uri, house.native.client, ada).answered
        house.allow(uri, house.native)
    house.allow(house.push())
    assert house.lending.question(house.push(), house.app.client, ada).answered
    wider = house.push(audience="bartizan:control")
    assert not house.lending.question(wider, house.app.client, ada).answered
    assert not house.lending.question(house.push(), house.app.client, house.signed_in(house.bob)).answered


@pytest.mark.parametrize("name", ["workload.app", "workload.drill", "user.nobody", ""])
def test_only_a_person_who_is_known_can_allow(house: House, name: str) -> None:
    from bartizan.access.issue.code import SignedIn  # noqa: PLC0415

    with pytest.raises(RequestUnknown):
        house.lending.question(house.push(), house.app.client, SignedIn(name, "one", house.clock.now()))


def test_a_public_client_has_no_tokens_that_are_bound_to_nothing(house: House) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.redeem(house.code(house.native), house.native)
    assert caught.value.error.value == "invalid_dpop_proof"


def test_a_confidential_application_is_none_without_its_credential(house: House) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.push(client_secret=None)
    assert caught.value.error.value == "invalid_client"
    with pytest.raises(GrantRefused):
        house.push(client_secret="bartizan_wrong")  # noqa: S106 - a wrong one


def test_a_client_that_is_no_application_asks_nobody(house: House) -> None:
    import asyncio  # noqa: PLC0415

    made, secret = asyncio.run(house.registrar.register(house.app.kind, "machine", []))
    assert secret is not None
    with pytest.raises(GrantRefused) as caught:
        house.push(made, client_secret=secret.reveal().decode())
    assert caught.value.error.value == "unauthorized_client"


def test_however_much_is_pushed_nothing_is_kept(house: House) -> None:
    def rows() -> list[int]:
        with house.store.connect() as connection:
            names = inspect(connection).get_table_names()
            return [connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names]  # noqa: S608 - names of ours

    before = rows()
    for _ in range(100):
        house.push(house.native)
        house.push()
    assert rows() == before
