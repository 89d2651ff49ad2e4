"""The page itself, over the app as it is served, with a person who is signed in by the test."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.issue.code import SignedIn
from bartizan.app.lending import Decided
from bartizan.clock import SECOND, Nanoseconds
from bartizan.http.authorization import authorization
from bartizan.http.consent import Consent, SignIn, _sent, of_people
from tests.attacks.oauth import HOME, URL, VERIFIER, House, challenge, query
from tests.console.scene import standing

FORM = (b"content-type", b"application/x-www-form-urlencoded")


class Answer(msgspec.Struct):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        """Return the body as JSON."""
        return msgspec.json.decode(self.body)


class Browser:
    """The app, and who sits before it."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.person: SignedIn | None = self.house.signed_in()
        self.sign_in = SignIn(lambda _: self.person, self._lead)

    @property
    def app(self) -> Starlette:
        """Return the app, with the way to sign in that there is now."""
        return authorization(self.house.issuing, Consent(self.house.lending, self.sign_in))

    @staticmethod
    def _lead(request: Request) -> Response:
        return Response(status_code=303, headers={"location": f"/sign-in?{request.url.query}"})

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """Return the answer to one request."""
        place, _, asked = path.partition("?")
        body = urlencode(form).encode() if form is not None else b""
        scope = {
            "type": "http",
            "method": method,
            "path": place,
            "raw_path": place.encode(),
            "query_string": asked.encode(),
            "headers": [FORM] if form is not None else [],
        }
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
            await asyncio.sleep(0)
            said.append(message)

        asyncio.run(self.app(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], headers, b"".join(each.get("body", b"") for each in said[1:]))

    def pushed(self, **changed: str) -> dict[str, str]:
        """Return what the browser is told to ask, after the application pushed its request."""
        client = self.house.app.client
        said = {
            "client_id": client,
            "client_secret": self.house.secrets[client],
            "response_type": "code",
            "redirect_uri": HOME,
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            "state": "a&b=c\"<'",
        }
        answer = self.ask("POST", "/oauth/par", said | changed)
        return {"client_id": client, "request_uri": answer.json["request_uri"]}

    def page(self, told: dict[str, str]) -> Answer:
        """Return the page that the browser shows."""
        return self.ask("GET", f"/oauth/authorize?{urlencode(told)}")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    made = Browser(tmp_path)
    yield made
    made.house.store.dispose()


def fields(page: Answer) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    return dict(re.findall(r'name="([a-z_]+)" value="([^"]*)">', page.body.decode()))


def test_a_person_is_asked_answers_and_the_application_has_tokens(browser: Browser) -> None:
    told = browser.pushed()
    page = browser.page(told)
    assert page.status == 200
    assert (
        "<strong>app</strong> asks to use every service that you may call in your name." in page.body.decode()
    )
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    sent = browser.ask("POST", "/oauth/authorize", fields(page) | {"answer": "allow"})
    assert sent.status == 303
    back = query(sent.headers["location"])
    assert sent.headers["location"].startswith(HOME + "?")
    assert (back["state"], back["iss"]) == ("a&b=c\"<'", URL)
    client = browser.house.app.client
    form = {
        "grant_type": "authorization_code",
        "client_id": client,
        "client_secret": browser.house.secrets[client],
        "code": back["code"],
        "code_verifier": VERIFIER,
        "redirect_uri": HOME,
    }
    tokens = browser.ask("POST", "/oauth/token", form)
    assert (tokens.status, tokens.json["token_type"], tokens.headers["cache-control"]) == (
        200,
        "Bearer",
        "no-store",
    )
    again = browser.ask("POST", "/oauth/token", form)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    asked_again = browser.page(browser.pushed())
    assert (asked_again.status, "code" in query(asked_again.headers["location"])) == (303, True)


def test_a_no_goes_back_as_a_no(browser: Browser) -> None:
    sent = browser.ask(
        "POST", "/oauth/authorize", fields(browser.page(browser.pushed())) | {"answer": "deny"}
    )
    assert query(sent.headers["location"])["error"] == "access_denied"


def test_who_is_not_signed_in_is_led_to_it_and_answers_nothing(browser: Browser) -> None:
    told = browser.pushed()
    form = fields(browser.page(told)) | {"answer": "allow"}
    browser.person = None
    assert browser.page(told).headers["location"].startswith("/sign-in?client_id=")
    assert browser.ask("POST", "/oauth/authorize", form).headers["location"].startswith("/sign-in?")
    assert "access.consent.given" not in browser.house.kinds()


def test_what_is_wrong_with_a_request_is_said_here_and_sends_nobody_anywhere(browser: Browser) -> None:
    told = browser.pushed()
    form = fields(browser.page(told))
    for page in (
        browser.page(told | {"client_id": browser.house.other.client}),
        browser.page(told | {"request_uri": "urn:ietf:params:oauth:request_uri:<script>"}),
        browser.page({}),
        browser.ask("POST", "/oauth/authorize", form | {"token": "x", "answer": "allow"}),
        browser.ask("POST", "/oauth/authorize", {"answer": "allow"}),
    ):
        assert page.status == 400
        assert "location" not in page.headers
        assert b"<script>" not in page.body


def test_an_application_with_a_scheme_of_its_own_is_gone_back_to_by_a_link() -> None:
    sent = _sent(Decided("com.example.app:/back", {"code": "a&b", "iss": URL}))
    assert (sent.status_code, "location" in sent.headers) == (200, False)
    assert b'href="com.example.app:/back?code=a%26b&amp;iss=' in bytes(sent.body)


def test_only_a_session_that_a_passkey_stands_behind_lets_anybody_act(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        sign_in = of_people(scene.people)

        def who(cookie: str) -> SignedIn | None:
            headers = [(b"cookie", f"__Host-bartizan-session={cookie}".encode())]
            return sign_in.signed_in(Request({"type": "http", "headers": headers}))

        assert who(scene.linked("ada")) is None
        assert who("A" * 43) is None
        assert who("") is None
        options = scene.people.options()
        cookie = scene.people.sign_in(scene.soft["ada"].get(options), "").reveal().decode()
        found = who(cookie)
        assert found is not None
        assert (found.principal, found.since) == ("user.ada", scene.clock.now())
        assert found.acr == "passkey-device-bound"
        scene.people.sign_out(scene.people.who(cookie))
        assert who(cookie) is None


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_on_to_the_same_question(browser: Browser) -> None:
    browser.sign_in = SignIn(lambda _: None, of_people(cast("Any", None)).lead)
    told = browser.pushed()
    page = browser.page(told)
    assert page.status == 303
    way, _, asked = page.headers["location"].partition("?")
    assert (way, dict(parse_qsl(asked))) == ("/people/sign-in", {"next": "consent"} | told)
    for tried in (
        browser.page(told | {"client_id": '"><script>alert(1)</script>'}),
        browser.ask("POST", "/oauth/authorize", told),
    ):
        assert tried.headers["location"] == "/people/sign-in"


def test_a_sign_in_that_is_too_old_leads_to_another_and_a_weaker_one_back_with_the_word(
    browser: Browser,
) -> None:
    assert browser.person is not None
    told = browser.pushed(max_age="60", acr_values="passkey-device-bound")
    browser.person = msgspec.structs.replace(
        browser.person, since=Nanoseconds(browser.person.since - 61 * SECOND)
    )
    page = browser.page(told)
    assert (page.status, page.headers["location"].partition("?")[0]) == (303, "/sign-in")
    browser.person = browser.house.signed_in()
    back = browser.page(told)
    assert back.status == 303
    assert query(back.headers["location"]) == {
        "error": "unmet_authentication_requirements",
        "state": "a&b=c\"<'",
        "iss": URL,
    }
