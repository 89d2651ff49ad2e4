"""People of another identity provider, a real one: signed in there, known here, and signed out everywhere."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.conftest import Platform, start
from tests.e2e.identity_provider import RESOURCE, Application, Visitor, needed, opener, provider, send
from tests.e2e.test_processes import CHAT, query, until
from tests.ports import free_port

pytestmark = [pytest.mark.slow, needed]

CONFIGURATION = f"""
tls = "off"
[[issuer]]
name = "corp"
url = "ISSUER"
audiences = ["{RESOURCE}"]
register = true
given = []
roles_claim = "groups"
roles = {{ engineers = ["caller"], owners = ["caller"] }}
logout_audiences = ["CLIENT"]
event_audiences = ["us"]
allow_private = ["PLACE"]
"""


SECEVENT = {"Content-Type": "application/secevent+jwt"}


class Scene:
    """A provider, an application of it and a platform that takes its tokens."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack, self.providing = stack, stack.enter_context(ExitStack())
        self.issuer = self.providing.enter_context(provider())
        self.place = self.issuer.removeprefix("http://")
        # the provider must know where to tell of sign-outs before it is known where that is: the port is handed on
        self.port = free_port()
        self.app = Application(self.issuer, f"http://127.0.0.1:{self.port}/oauth/backchannel-logout")
        text = CONFIGURATION.replace("ISSUER", self.issuer).replace("PLACE", self.place)
        self.running = start(
            stack, "--port", str(self.port), configuration=text.replace("CLIENT", self.app.id)
        )

    def tell(self, event: str, sub: str) -> tuple[int, bytes]:
        """Have the provider sign an event, and tell it to the platform."""
        wanted = json.dumps({"event": event, "sub": sub, "aud": "us"}).encode()
        _, token = send(opener(), f"{self.issuer}/event", wanted)
        return send(opener(), f"http://localhost:{self.port}/ssf/events", token, **SECEVENT)

    def renew(self) -> None:
        """Start the provider anew where it was, with other keys and nobody signed in."""
        self.providing.close()
        self.providing = self.stack.enter_context(ExitStack())
        self.providing.enter_context(provider(int(self.place.rpartition(":")[2])))
        self.app = Application(self.issuer, self.app.told)

    def chat(self, token: str) -> tuple[int, str]:
        """Return status and reason of a request, asked again for as long as its principal arrives."""
        found: list[tuple[int, str]] = []

        def settled() -> bool:
            found.append(chat(self.running, token))
            return found[-1] != (503, "principal-arriving")

        until(settled)
        return found[-1]


def chat(running: Platform, token: str) -> tuple[int, str]:
    url = f"http://localhost:{running.port}/v1/chat/completions"
    fields = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    status, said = send(opener(), url, json.dumps(CHAT).encode(), **fields)
    return status, "" if status == 200 else json.loads(said)["error"]["code"]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(stack)


def test_who_signs_in_there_is_known_here_and_what_they_may_do_is_said_by_their_groups(scene: Scene) -> None:
    assert scene.chat(Visitor(scene.app, "alice").sign_in()) == (200, "")
    assert scene.chat(Visitor(scene.app, "bob").sign_in()) == (403, "policy-denied")
    assert scene.chat(scene.app.own_token()) == (403, "policy-denied")
    registered = query(scene.running, "--kind", "access.principal.registered")
    assert {"issuer": "corp", "role": "caller"} in [event["detail"] for event in registered]


def test_who_signs_out_there_is_refused_here_at_once_and_lets_themselves_in_again(scene: Scene) -> None:
    alice, elsewhere = Visitor(scene.app, "alice"), Visitor(scene.app, "carol")
    send(opener(), f"{scene.issuer}/groups", json.dumps({"carol": ["engineers"]}).encode())
    token, other = alice.sign_in(), elsewhere.sign_in()
    assert scene.chat(token) == scene.chat(other) == (200, "")
    alice.sign_out()
    assert chat(scene.running, token) == (401, "signed-out")
    assert chat(scene.running, other) == (200, "")
    heeded = query(scene.running, "--kind", "access.signal.heeded")
    assert [event["detail"] for event in heeded][-1] == {"issuer": "corp", "signal": "logout"}
    again = Visitor(scene.app, "alice")
    until(
        lambda: scene.chat(again.sign_in()) == (200, "")
    )  # a token of the second of the sign-out is refused
    assert chat(scene.running, token) == (401, "signed-out")


def test_a_group_that_is_lost_there_is_lost_here_with_the_next_token(scene: Scene) -> None:
    groups = f"{scene.issuer}/groups"
    send(opener(), groups, json.dumps({"dave": ["engineers", "owners", "user.owner"]}).encode())
    dave = Visitor(scene.app, "dave")
    first = dave.sign_in()
    assert scene.chat(first) == (200, "")
    send(opener(), groups, json.dumps({"dave": []}).encode())
    until(lambda: scene.chat(dave.sign_in()) == (403, "policy-denied"))
    assert chat(scene.running, first) == (403, "policy-denied")  # an older token brings nothing back


def test_an_account_that_is_disabled_there_is_refused_here_until_it_is_enabled(scene: Scene) -> None:
    risc = "https://schemas.openid.net/secevent/risc/event-type/"
    send(opener(), f"{scene.issuer}/groups", json.dumps({"erin": ["engineers"]}).encode())
    erin = Visitor(scene.app, "erin")
    token = erin.sign_in()
    assert scene.chat(token) == (200, "")
    assert scene.tell(risc + "account-disabled", "erin")[0] == 202
    assert chat(scene.running, token) == (401, "signed-out")
    assert chat(scene.running, erin.sign_in()) == (401, "signed-out")
    until(
        lambda: (
            scene.tell(risc + "account-enabled", "erin")[0] == 202 and scene.chat(erin.sign_in()) == (200, "")
        )
    )
    assert chat(scene.running, token) == (401, "signed-out")
    status, said = send(opener(), f"http://localhost:{scene.port}/ssf/events", b"a.b.c", **SECEVENT)
    assert (status, json.loads(said)["err"]) == (400, "invalid_request")


def test_new_keys_of_the_provider_are_found_when_somebody_shows_one(scene: Scene) -> None:
    old = Visitor(scene.app, "alice").sign_in()
    scene.renew()
    token = Visitor(scene.app, "alice").sign_in()
    found: list[tuple[int, str]] = []

    def taken() -> bool:
        found.append(chat(scene.running, token))
        return found[-1][0] == 200

    until(taken)
    assert found[0] == (401, "key-unknown")
    assert chat(scene.running, old)[0] == 401
    changed = query(scene.running, "--kind", "access.issuer.changed")
    assert [event["detail"]["removed"] for event in changed] == [0, 2]


def test_somebody_is_linked_by_hand_and_no_subject_is_the_owner(scene: Scene) -> None:
    words = ("identity", "add", "frank", "--issuer", scene.issuer, "--subject", "frank", "--json")
    assert json.loads(scene.running.run(*words).stdout)["id"] == "user.frank"
    assert chat(scene.running, Visitor(scene.app, "frank").sign_in()) == (200, "")
    assert scene.running.run(*words).returncode == 2
    assert scene.chat(Visitor(scene.app, "user.owner").sign_in()) == (403, "policy-denied")
