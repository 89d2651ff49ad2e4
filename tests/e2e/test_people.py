"""People at a real browser, through the real gateway."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from typing_extensions import override

from bartizan.app.first import OWNER
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.egress.http import Client
from tests.browser import Browser, browser
from tests.e2e.application import application
from tests.e2e.conftest import Platform, bartizan, start
from tests.e2e.test_applications import ask, asked
from tests.e2e.test_processes import CHAT, query

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield one platform for this whole file."""
    with ExitStack() as stack:
        yield start(stack)


def trust(running: Platform, home: Path, *words: str) -> str:
    """Return what `bartizan trust` says to whoever lives in this folder."""
    words = ("trust", "--in", "browsers", "--state", str(running.state), *words)
    told = bartizan(*words, folder=running.folder, environment={"HOME": str(home)})
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def person(running: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield one browser that trusts it, with one authenticator, at which the owner has a passkey and is signed in."""
    home = tmp_path_factory.mktemp("home")
    assert trust(running, home).startswith("added")
    with browser(home) as found:
        found.authenticator()
        made = running.run("console")
        assert made.returncode == 0, made.stderr
        assert found.open(made.stdout.strip()) == ""
        found.press("Continue")
        assert "You have no passkey yet" in found.text
        found.open(f"{running.url}/people/enrol")
        found.press("Add a passkey")
        assert "Your passkey was added" in found.text
        yield found


def link(running: Platform, principal: str = OWNER) -> str:
    """Return what `bartizan console` prints, by the call that it makes: the command has a test of its own."""
    return Owner(Folder(running.state)).sign_in_link(principal).url


def test_a_person_signs_in_with_a_passkey_and_out_again(running: Platform, person: Browser) -> None:
    person.press("Sign out")
    assert person.cookies(running.url) == []
    person.open(f"{running.url}/people")
    assert person.path == "/people/sign-in?said=session-ended"
    person.press("Sign in with a passkey")
    assert person.path == "/people"
    assert "on one device" in person.text
    (cookie,) = person.cookies(running.url)
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
        "__Host-bartizan-session",
        True,
        True,
        "Strict",
        "/",
    )
    assert person.do("document.cookie") == ""


def test_a_link_works_once(running: Platform, person: Browser) -> None:
    url = link(running)
    before = person.cookies(running.url)
    person.open(url)
    person.press("Continue")
    assert person.path == "/people"
    assert person.cookies(running.url) != before
    person.open(url)
    person.press("Continue")
    assert person.path == "/people/sign-in?said=link-unusable"
    person.press("Sign in with a passkey")


def test_what_cannot_be_taken_back_asks_for_the_passkey_again(running: Platform, person: Browser) -> None:
    person.open(link(running))
    person.press("Continue")
    person.press("Make new codes")
    assert person.path == "/people/verify?next=account&said=verification-old"
    person.press("Use your passkey")
    assert person.path == "/people?said=verified"
    person.press("Make new codes")
    codes = person.do("[...document.querySelectorAll('ol.codes li')].map(one => one.textContent)")
    assert len(set(codes)) == 10
    person.press("Sign out")
    person.open(f"{running.url}/people/recover")
    for expected in ("/people", "/people/recover?said=code-unusable"):
        person.open(f"{running.url}/people/recover")
        person.do(f"document.getElementById('code').value = '{codes[3].lower()}'")
        person.press("Sign in")
        assert person.path == expected
    person.open(f"{running.url}/people")
    assert "9 left" in person.text


def test_a_synced_passkey_is_told_apart_and_one_of_two_is_removed(running: Platform, person: Browser) -> None:
    Owner(Folder(running.state)).register("erin", "user", ["ml-engineer"])
    with person.beside() as erin:
        first = erin.authenticator()
        erin.open(link(running, "user.erin"))
        erin.press("Continue")
        assert "Everyone" not in erin.text
        assert "brings in models and data" in erin.text
        erin.open(f"{running.url}/people/enrol")
        erin.press("Add a passkey")
        erin.press("Remove passkey Passkey")
        assert erin.path == "/people?said=passkey-last"
        erin.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=first, enabled=False)
        erin.authenticator(synced=True, transport="usb")
        erin.open(f"{running.url}/people/enrol")
        erin.do("document.getElementById('label').value = 'Cloud & co'")
        erin.press("Add a passkey")
        assert "Cloud & co" in erin.text
        assert "on several devices" in erin.text
        erin.press("Remove passkey Cloud & co")
        assert "The passkey was removed" in erin.text
        assert "on several devices" not in erin.text


def test_somebody_who_is_not_verified_is_not_signed_in(running: Platform, person: Browser) -> None:
    with person.beside() as other:
        other.authenticator(verifies=False)
        Owner(Folder(running.state)).register("dora", "user", ["auditor"])
        other.open(link(running, "user.dora"))
        other.press("Continue")
        other.open(f"{running.url}/people/enrol")
        other.until("!document.querySelector('button[type=submit]').disabled")
        other.do("document.querySelector('form[data-passkey] button').click()")
        other.until("document.querySelector('form[data-passkey] [role=status]').textContent")
        assert other.path == "/people/enrol"
        Owner(Folder(running.state)).erase("user.dora")
        other.open(f"{running.url}/people")
        assert other.path == "/people/sign-in?said=session-ended"


def test_an_owner_revokes_somebody_at_a_page_and_erases_them_once_another_has_agreed(
    running: Platform, person: Browser
) -> None:
    owner = Owner(Folder(running.state))
    for name, roles in (("fred", []), ("sven", ["security-engineer"])):
        owner.register(name, "user", roles)
    person.open(f"{running.url}/people/sign-in?next=everyone")
    person.press("Sign in with a passkey")
    assert person.path == "/people/everyone"
    for verb, said in (("Revoke", "revoked"), ("Erase", "approval-asked")):
        change(person, "user.fred")
        person.press(f"{verb} user.fred")
        assert person.path == f"/people/everyone?said={said}"
    with person.beside() as sven:
        sven.authenticator()
        sven.open(link(running, "user.sven"))
        sven.press("Continue")
        sven.open(f"{running.url}/people/enrol")
        sven.press("Add a passkey")
        sven.open(f"{running.url}/people/approvals")
        assert "erase user.fred" in sven.text
        sven.press("approve erase user.fred")
        assert "The request was approved" in sven.text
    person.open(f"{running.url}/people/everyone")
    change(person, "user.fred")
    person.press("Erase user.fred")
    assert person.path == "/people/everyone?said=erased"
    assert "fred" not in person.text
    (revoked,) = query(running, "--kind", "access.principal.revoked")
    assert revoked["actor"] in {each.pseudonym for each in owner.people() if each.id == OWNER}


def test_an_application_is_let_act_for_a_person_who_signs_in_for_that(
    running: Platform, person: Browser
) -> None:
    """From another site, so that the session that there is does not count; the second time nothing is asked."""
    with application(running) as shop:
        address = shop.back
        made = Owner(Folder(running.state)).register("kiosk", "workload", [], redirects=[address])
        shop.client, shop.secret = made.client_id, made.client_secret
        for state, presses in (
            ("one", ("Sign in with a passkey", "Allow")),
            ("two", ("Sign in with a passkey",)),
        ):
            shop.begin(state)
            person.open(shop.url)
            person.do("document.getElementById('begin').click()")
            person.until("location.pathname === '/people/sign-in'")
            for label in presses:
                person.press(label)
            assert person.do("location.href").startswith(f"{address}?code="), person.text
            assert (shop.came["state"], shop.came["iss"]) == (state, running.url)
            assert shop.token()
        assert running.run("identity", "list").stdout.count("kiosk") == 1
    (owner,) = {each["actor"] for each in query(running, "--kind", "access.consent.given")}
    assert owner in {each.pseudonym for each in Owner(Folder(running.state)).people() if each.id == OWNER}


def test_a_device_without_a_browser_is_let_act_by_the_code_that_it_shows(
    running: Platform, person: Browser
) -> None:
    made = Owner(Folder(running.state)).register("television", "workload", ["caller"], device_flow=True)
    own = {"client_id": made.client_id, "client_secret": made.client_secret}
    status, told = asked(running, "/oauth/device_authorization", **own)
    assert (status, told["verification_uri"]) == (200, f"{running.url}/people/device"), told
    person.open(link(running))
    person.press("Continue")
    person.open(told["verification_uri"])
    assert person.path == "/people/verify?next=device&said=verification-old"
    person.press("Use your passkey")
    assert person.path == "/people/device?said=verified"
    person.do(f"document.getElementById('code').value = '{told['user_code'].lower()}'")
    person.press("Continue")
    assert "television asks to use every service that you may call in your name" in person.text
    assert "from the network 127.0.0.0/24, in which this browser is as well" in person.text
    person.press("Allow")
    assert person.path == "/people?said=device-allowed"
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    said = {"grant_type": grant, "device_code": told["device_code"]}
    status, given = asked(running, "/oauth/token", **said, **own)
    assert (status, "refresh_token" in given) == (200, True), given
    assert asked(running, "/oauth/introspect", token=given["access_token"], **own)[1]["sub"] == OWNER
    status, again = asked(running, "/oauth/token", **said, **own)
    assert (status, again["error"]) == (400, "invalid_grant")
    assert asked(running, "/oauth/introspect", token=given["access_token"], **own)[1] == {"active": False}


def test_a_browser_that_does_not_trust_the_authority_shows_no_page(running: Platform, tmp_path: Path) -> None:
    """Of somebody who trusted it once, and took that back."""
    trust(running, tmp_path)
    assert trust(running, tmp_path, "--remove").startswith("removed")
    with browser(tmp_path) as stranger:
        assert stranger.open(f"{running.url}/people/sign-in") == "net::ERR_CERT_AUTHORITY_INVALID"


def test_signing_out_everywhere_ends_the_session_of_another_browser(
    running: Platform, person: Browser
) -> None:
    person.open(link(running))
    person.press("Continue")
    with person.beside() as other:
        other.open(link(running))
        other.press("Continue")
        assert other.path == "/people"
        person.open(f"{running.url}/people")
        person.press("Sign out everywhere")
        other.open(f"{running.url}/people")
        assert other.path == "/people/sign-in?said=session-ended"


def test_the_record_says_who_signed_in_with_what(running: Platform, person: Browser) -> None:
    person.open(f"{running.url}/people/sign-in")
    person.press("Sign in with a passkey")
    found = {(event["detail"].get("by"), event["detail"].get("key")) for event in begun(running)}
    assert {("link", "none"), ("passkey", "device-bound"), ("recovery-code", "none")} <= found
    assert not any("__Host" in log.read_text() for log in logs(running))


def test_a_person_lets_an_application_act_and_what_both_may_do_it_does(
    running: Platform, person: Browser
) -> None:
    added = running.run("identity", "add", "shop", "--redirect", "http://127.0.0.1/back", "--json")
    made = json.loads(added.stdout)
    own = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    with listening() as (port, told):
        asks = own | {
            "response_type": "code",
            "redirect_uri": f"http://127.0.0.1:{port}/back",
            "code_challenge": base64.urlsafe_b64encode(sha256(b"v" * 43).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "state": "s",
        }
        uri = asked(running, "/oauth/par", **asks)[1]["request_uri"]
        way = urlencode({"client_id": own["client_id"], "request_uri": uri})
        person.open(link(running))
        person.press("Continue")
        person.open(f"{running.url}/oauth/authorize?{way}")
        assert person.path.startswith("/people/sign-in?next=consent&")  # a link stands for no passkey
        person.press("Sign in with a passkey")
        assert "shop asks to use every service" in person.text
        person.press("Allow")
        back = told.get(timeout=60)
        person.open(f"{running.url}/oauth/authorize?{way}")
        assert "Allow" not in person.text
    assert (back["state"], back["iss"]) == ("s", running.url)
    code = {"grant_type": "authorization_code", "code": back["code"], "code_verifier": "v" * 43}
    status, tokens = asked(running, "/oauth/token", redirect_uri=asks["redirect_uri"], **own, **code)
    assert status == 200, tokens
    bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 200
    assert asked(running, "/oauth/introspect", token=tokens["access_token"], **own)[1]["sub"] == OWNER
    assert asked(running, "/oauth/revoke", token=tokens["refresh_token"], **own)[0] == 200
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 401


def test_what_a_person_withdraws_at_the_page_is_refused_at_the_next_request_and_asked_again(
    running: Platform, person: Browser
) -> None:
    with application(running) as shop:
        made = Owner(Folder(running.state)).register("bakery", "workload", ["caller"], redirects=[shop.back])
        shop.client, shop.secret = made.client_id, made.client_secret

        def calls() -> int:
            bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            return ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0]

        def allowed() -> str:
            shop.begin("one")
            person.open(shop.url)
            person.do("document.getElementById('begin').click()")
            person.until("location.pathname === '/people/sign-in'")
            person.press("Sign in with a passkey")
            person.press("Allow")  # is asked: the page with it is there
            return shop.token()

        token = allowed()
        assert calls() == 200
        person.open(f"{running.url}/people/applications")
        assert "May use every service that you may call" in person.text
        person.press("Withdraw workload.bakery")
        assert person.path == "/people/applications?said=withdrawn"
        assert "bakery" not in person.text
        assert calls() == 401
        token = allowed()
        assert calls() == 200
        assert "workload.bakery  every service" in running.run("identity", "consents", OWNER).stdout
        done = running.run("identity", "withdraw", OWNER, "workload.bakery")
        assert (done.returncode, "in force in every worker" in done.stdout) == (0, True), done.stderr
        assert calls() == 401
        again = running.run("identity", "withdraw", OWNER, "workload.bakery")
        assert (again.returncode, "no such application acts for them" in again.stderr) == (2, True)
    assert len(query(running, "--kind", "access.consent.withdrawn")) == 2


def test_every_page_works_in_both_themes_without_a_fault_of_the_policy(
    running: Platform, person: Browser
) -> None:
    person.open(f"{running.url}/people/sign-in")
    person.press("Sign in with a passkey")
    paths = ("", "/sign-in", "/recover", "/enrol", "/verify", "/approvals", "/applications", "/everyone")
    for path in (*paths, f"/link?token={'a' * 43}"):
        person.open(f"{running.url}/people{path}")
        shown = [person.picture(scheme) for scheme in ("light", "dark")]
        assert shown[0] != shown[1]
        assert person.do("getComputedStyle(document.querySelector('main')).maxWidth") != "none", path
        assert person.do("document.querySelectorAll('h1').length") == 1
        assert person.do(
            "[...document.querySelectorAll('input:not([type=hidden])')].every(one => one.labels.length)"
        )


def test_policies_see_of_a_page_over_which_key_agreement_it_is_asked_for(
    running: Platform, person: Browser
) -> None:
    """The same session: at a browser that agrees on X25519MLKEM768, and at a client that does not."""
    person.open(f"{running.url}/people/sign-in")
    person.press("Sign in with a passkey")
    (cookie,) = person.cookies(running.url)
    policy = running.folder / "safe.cedar"
    text = files("bartizan.access").joinpath("default.cedar").read_text()
    policy.write_text(
        f'{text}\n@id("safe") forbid (principal is User, action, resource) unless {{ context.quantum_safe }};\n'
    )
    applied = running.run("policy", "apply", str(policy))
    assert applied.returncode == 0, applied.stderr
    try:
        person.open(f"{running.url}/people/everyone")
        assert "user.owner" in person.text
        shown = f"{cookie['name']}={cookie['value']}"
        assert [page_over(running, group, shown) for group in ("X25519MLKEM768", "X25519")] == [200, 403]
    finally:
        assert running.run("policy", "apply").returncode == 0


def page_over(running: Platform, group: str, cookie: str) -> int:
    """Return the status of the page about everyone over a connection that agrees on this group alone."""
    authority, allowed = running.authority.read_bytes(), frozenset({"localhost"})
    client = Client.over_tls("localhost", running.port, authority, groups=group, allowed=allowed)
    return client.request("GET", "/people/everyone", (("cookie", cookie),), b"", most=1 << 20).status


def change(person: Browser, principal: str) -> None:
    """Open what a page offers to do to somebody."""
    person.do(f"document.querySelector('summary[aria-label=\"Change {principal}\"]').click()")


def begun(running: Platform) -> list[dict[str, Any]]:
    return query(running, "--kind", "access.session.begun")


def logs(running: Platform) -> list[Path]:
    return list((running.state / "run").glob("*.log"))


@contextmanager
def listening() -> Iterator[tuple[int, Queue[dict[str, str]]]]:
    """Yield the port of an application on this machine, and what browsers bring to it."""
    told: Queue[dict[str, str]] = Queue()

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, query = self.path.partition("?")
            if place == "/back":
                told.put(dict(parse_qsl(query)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Back) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], told
        finally:
            server.shutdown()
