"""A service wants a person who signed in lately: an application is told so, sends its person to sign in again, and gets through.

All of it is real: the platform, the service, the application's own site, a browser with a passkey.
Source: RFC 9470 sections 3, 4 and 5.
"""

import json
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from tests.browser import Browser, browser
from tests.e2e.application import Application, application
from tests.e2e.conftest import Platform, bartizan, start
from tests.e2e.provider import SAID, provider
from tests.e2e.test_processes import CHAT

pytestmark = pytest.mark.slow
LATELY_S = 20
SETTING = """
[[service]]
name = "payroll"
upstream = "http://127.0.0.1:{port}/v1"
allow_private = ["127.0.0.1:{port}"]
step_up = {{ acr = ["passkey-device-bound"], max_age_seconds = {lately} }}
"""


@pytest.fixture
def running() -> Iterator[Platform]:
    with ExitStack() as stack:
        port, _ = stack.enter_context(provider())
        yield start(stack, configuration=SETTING.format(port=port, lately=LATELY_S))


@pytest.fixture
def person(running: Platform, tmp_path: Path) -> Iterator[Browser]:
    """Yield the owner before a browser that trusts the platform, with a passkey on one device."""
    words = ("trust", "--in", "browsers", "--state", str(running.state))
    told = bartizan(*words, folder=running.folder, environment={"HOME": str(tmp_path)})
    assert told.returncode == 0, told.stderr
    with browser(tmp_path) as found:
        found.authenticator()
        found.open(Owner(Folder(running.state)).sign_in_link("user.owner").url)
        found.press("Continue")
        found.open(f"{running.url}/people/enrol")
        found.press("Add a passkey")
        assert "Your passkey was added" in found.text
        yield found


def lets(person: Browser, shop: Application, *presses: str, **wanted: str) -> str:
    """Return the token of an application whose person goes from its site to the question, and answers it."""
    shop.begin("s", **wanted)
    person.open(shop.url)
    person.do("document.getElementById('begin').click()")
    person.until("location.pathname === '/people/sign-in'")
    for label in presses:
        person.press(label)
    person.until("location.pathname === '/back'")
    return shop.token()


def calls(running: Platform, token: str) -> tuple[int, str, str]:
    """Return status, challenge and body of the service's answer."""
    context = ssl.create_default_context(cafile=str(running.authority))
    with closing(HTTPSConnection("localhost", running.port, timeout=60, context=context)) as connection:
        shown = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/payroll/v1/chat/completions", json.dumps(CHAT), shown)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("WWW-Authenticate", ""), answer.read().decode()


def test_an_application_has_its_person_sign_in_as_the_service_says_and_gets_through(
    running: Platform, person: Browser
) -> None:
    owner = Owner(Folder(running.state))
    with application(running) as shop:
        made = owner.register("shop", "workload", ["caller"], redirects=[shop.back])
        shop.client, shop.secret = made.client_id, made.client_secret
        old = lets(person, shop, "Sign in with a passkey", "Allow")
        deadline = time.monotonic() + 3 * LATELY_S
        while (found := calls(running, old))[0] == 200 and time.monotonic() < deadline:
            time.sleep(0.5)
        status, challenge, body = found
        assert status == 401, body
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        assert said["error"] == "insufficient_user_authentication"
        assert (said["acr_values"], said["max_age"]) == ("passkey-device-bound", str(LATELY_S))
        wanted = {name: said[name] for name in ("acr_values", "max_age")}
        new = lets(
            person, shop, "Sign in with a passkey", **wanted
        )  # consented before: nothing is asked again
        status, challenge, body = calls(running, new)
        assert (status, challenge) == (200, ""), body
        assert SAID in body
        assert calls(running, old)[0] == 401, "the old token is as old as it was"


def test_a_program_is_told_the_same_and_never_let_through(running: Platform) -> None:
    status, challenge, _ = calls(running, running.token())
    assert status == 401
    assert 'error="insufficient_user_authentication"' in challenge
