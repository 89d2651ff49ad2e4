import base64
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.issue.form import Credential, GrantRefused
from bartizan.access.issue.grant import TokenRequest, read_grant

FORM = "application/x-www-form-urlencoded"
HONEST = {"grant_type": "client_credentials", "client_id": "c-1", "client_secret": "s"}


def body(**changed: str | None) -> bytes:
    return urlencode(
        {name: value for name, value in (HONEST | changed).items() if value is not None}
    ).encode()


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()


def error(media_type: str, authorization: str | None, form: bytes) -> str:
    with pytest.raises(GrantRefused) as caught:
        read_grant(media_type, authorization, form)
    return caught.value.error.value


def test_a_secret_in_the_form_is_read() -> None:
    assert read_grant(FORM, None, body()) == TokenRequest(Credential("c-1", "s"))


def test_a_charset_beside_the_media_type_changes_nothing() -> None:
    assert read_grant(FORM.upper() + "; charset=utf-8", None, body()).credential.client == "c-1"


TEXT = st.text(min_size=1, max_size=40)


@given(TEXT, TEXT)
def test_basic_gives_back_id_and_secret_of_any_letters(client: str, secret: str) -> None:
    found = read_grant(FORM, basic(client, secret), body(client_id=None, client_secret=None))
    assert found.credential == Credential(client, secret)


def test_an_audience_may_be_asked_for() -> None:
    assert read_grant(FORM, None, body(audience="bartizan:control")).audience == "bartizan:control"


@pytest.mark.parametrize(
    ("media_type", "authorization", "form", "word"),
    [
        ("application/json", None, body(), "invalid_request"),
        ("", None, body(), "invalid_request"),
        (FORM, None, b"", "invalid_request"),
        (FORM, None, b"grant_type", "invalid_request"),
        (FORM, None, b"\xff=1", "invalid_request"),
        (FORM, None, b"%ff=1&" + body(), "invalid_request"),
        (FORM, None, body() + b"&client_id=c-2", "invalid_request"),
        (FORM, None, body() + b"&grant_type=client_credentials", "invalid_request"),
        (FORM, None, body() + b"&x=" + b"y" * 8192, "invalid_request"),
        (FORM, None, b"&".join([body(), *(f"x{n}=1".encode() for n in range(30))]), "invalid_request"),
        (FORM, None, body(grant_type=None), "invalid_request"),
        (FORM, None, body(grant_type="password"), "unsupported_grant_type"),
        (FORM, None, body(grant_type=""), "unsupported_grant_type"),
        (FORM, None, body(scope="all"), "invalid_scope"),
        (FORM, None, body(audience="bartizan:other"), "invalid_target"),
        (FORM, None, body(resource="https://x", audience="bartizan:gateway"), "invalid_target"),
        (FORM, None, body(resource=""), "invalid_target"),
        (FORM, None, body(client_secret=None), "invalid_client"),
        (FORM, None, body(client_id=""), "invalid_client"),
        (FORM, None, body(client_secret="x" * 256), "invalid_client"),
        (FORM, basic("c-1", "s"), body(), "invalid_request"),
        (FORM, None, body(client_assertion="a.b.c"), "invalid_request"),
        (FORM, None, body(client_secret=None, client_assertion="a.b.c"), "invalid_client"),
        (FORM, basic("c-2", "s"), body(client_secret=None), "invalid_request"),
        (FORM, "Basic", body(client_secret=None), "invalid_client"),
        (FORM, "Basic !!!!", body(client_secret=None), "invalid_client"),
        (FORM, "Basic " + base64.b64encode(b"no-colon").decode(), body(client_secret=None), "invalid_client"),
        (FORM, "Basic " + base64.b64encode(b"%ff:x").decode(), body(client_secret=None), "invalid_client"),
        (FORM, "Basic " + base64.b64encode(b"\xff:x").decode(), body(client_secret=None), "invalid_client"),
        (FORM, "Bearer abc", body(client_secret=None), "invalid_client"),
        (FORM, "Basic \ud800", body(client_secret=None), "invalid_client"),
    ],
)
def test_what_has_two_readings_or_asks_for_more_is_refused_in_rfc_6749s_words(
    media_type: str, authorization: str | None, form: bytes, word: str
) -> None:
    assert error(media_type, authorization, form) == word


@given(st.text(max_size=40), st.none() | st.text(max_size=60), st.binary(max_size=100))
def test_whatever_comes_is_refused_by_a_word(media_type: str, authorization: str | None, form: bytes) -> None:
    assert error(media_type, authorization, form).replace("_", "").isalpha()


def test_a_request_prints_without_its_secret() -> None:
    request = read_grant(FORM, None, body(client_secret="hunter2"))  # noqa: S106 - the secret that may not show
    assert "hunter2" not in f"{request!r} {request}"
