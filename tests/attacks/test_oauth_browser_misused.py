"""Whoever would use a person's browser, or its history, to get at a code or a token.

Source: RFC 9700 sections 2.1.2, 2.4, 4.2, 4.3, 4.6, 4.11, 4.12, 4.15 to 4.17.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.grant import GRANTS, read_grant
from bartizan.access.issue.metadata import metadata
from bartizan.gateway.answer_head import read_answer
from bartizan.gateway.page import Page, dressed
from tests.attacks.oauth import FORM, HOME, House
from tests.http.test_consent import Browser, fields

HOST = b"localhost:8443"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    made = Browser(tmp_path)
    yield made
    made.house.store.dispose()


def shown(page: Page, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8") -> bytes:
    """Return the head of a page as the gateway passes it on."""
    return dressed(read_answer(head + b"\r\nContent-Length: 0"), page, HOST).opening


def test_a_page_tells_no_other_site_where_it_was_opened_from() -> None:
    """4.2: the address of the page holds the request's URI, which no `Referer` carries on."""
    assert b"referrer-policy: same-origin\r\n" in shown(Page.CONSENT)


def test_an_address_holds_no_token_ever_and_a_code_is_of_no_use_twice(browser: Browser) -> None:
    """4.3: what a browser's history, a proxy or a log has."""
    form = fields(browser.page(browser.pushed())) | {"answer": "allow"}
    location = browser.ask("POST", "/oauth/authorize", form).headers["location"]
    assert set(dict(parse_qsl(urlsplit(location).query))) == {"code", "state", "iss"}
    assert urlsplit(location).fragment == ""
    assert browser.ask("POST", "/oauth/authorize", form).status == 400


@pytest.mark.parametrize("kind", ["token", "id_token", "code token", "code id_token token", "none", ""])
def test_no_token_is_asked_for_at_a_browser(tmp_path: Path, kind: str) -> None:
    """2.1.2, 4.6: there is no implicit grant into which a token could be injected."""
    house = House(tmp_path)
    with pytest.raises(GrantRefused):
        house.push(response_type=kind)
    assert metadata("https://a")["response_types_supported"] == ["code"]
    house.store.dispose()


def test_a_persons_password_is_no_grant() -> None:
    """2.4."""
    assert not any("password" in grant for grant in GRANTS)
    with pytest.raises(GrantRefused) as caught:
        read_grant(
            FORM, None, urlencode({"grant_type": "password", "username": "a", "password": "b"}).encode()
        )
    assert caught.value.error.value == "unsupported_grant_type"


def test_no_request_that_is_wrong_sends_a_browser_anywhere(browser: Browser) -> None:
    """4.11: nobody's open redirector: not for a request that was not pushed, is another's, or was answered."""
    told = browser.pushed()
    form = fields(browser.page(told)) | {"answer": "allow"}
    assert browser.ask("POST", "/oauth/authorize", form).headers["location"].startswith(HOME)
    for wrong in (
        form,
        form | {"client_id": browser.house.other.client},
        form | {"request_uri": "https://evil.example"},
        form | {"redirect_uri": "https://evil.example", "token": "x"},
    ):
        page = browser.ask("POST", "/oauth/authorize", wrong)
        assert (page.status, "location" in page.headers) == (400, False)


def test_a_browser_is_sent_on_without_the_form_that_it_sent(browser: Browser) -> None:
    """4.12: 303, never 307 or 308, with which it would send the form on."""
    form = fields(browser.page(browser.pushed())) | {"answer": "allow"}
    assert browser.ask("POST", "/oauth/authorize", form).status == 303


def test_no_client_is_named_as_a_person_is(tmp_path: Path) -> None:
    """4.15: a client's token says a principal of its own kind, and its id is drawn, not chosen."""
    house = House(tmp_path)
    people = house.registrar.people()
    ids = {person.id for person in people}
    assert all(re.fullmatch(r"c-[0-9a-f]{16}", person.client) for person in people)
    assert not ids & {person.client for person in people}
    assert all(person.id.startswith(f"{person.kind.value}.") for person in people)
    house.store.dispose()


def test_no_other_site_shows_the_page_in_its_own_or_talks_to_it() -> None:
    """4.16: clickjacking; 4.17: there is no script that answers messages, and the opener is cut off."""
    head = shown(Page.CONSENT)
    policy = re.search(rb"content-security-policy: ([^\r]*)", head)
    assert policy is not None
    assert b"frame-ancestors 'none'" in policy[1]
    assert b"x-frame-options: DENY\r\n" in head
    assert b"cross-origin-opener-policy: same-origin\r\n" in head


def test_the_page_has_no_script_and_the_question_no_text_of_the_applications(browser: Browser) -> None:
    """4.16, 4.17."""
    page = browser.page(browser.pushed(state="<script>alert(1)</script>")).body
    assert b"<script" not in page
    assert b"alert" not in page
