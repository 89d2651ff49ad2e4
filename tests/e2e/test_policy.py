"""Policies of a running platform as its owner works on them: tried on what was asked, put in force, taken back."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from bartizan.app.admin.asking import OwnerRefused
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.egress.faults import EgressFault
from bench.bed.crowd import CHAT, configured
from tests.e2e.conftest import Platform, bartizan, start
from tests.e2e.test_processes import process, until
from tests.e2e.test_revocation import Person, register

pytestmark = pytest.mark.slow

OPEN = '@id("callers-call") permit (principal in Role::"caller", action in Action::"call", resource);\n'
TOKENS = '@id("tokens") permit (principal is Anonymous, action, resource) when { resource.control };\n'
CLOSED = '@id("nobody-chats") forbid (principal, action == Action::"chat", resource);\n'
BASE = OPEN + TOKENS


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield one platform with policies of its own, for this whole file; each test leaves `BASE` in force."""
    with ExitStack() as stack:
        configuration = stack.enter_context(configured())
        yield start(
            stack,
            configuration=f'{configuration}[policy]\npath = "policies/"\n',
            policies={"main.cedar": BASE},
        )


@pytest.fixture(scope="module")
def person(running: Platform) -> Person:
    return register(running, 1)


def chat(running: Platform, person: Person) -> int:
    with closing(HTTPConnection("localhost", running.port, timeout=60)) as connection:
        return asked(connection, person)


def asked(connection: HTTPConnection, person: Person) -> int:
    bearer = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", CHAT, bearer)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def draft(running: Platform, name: str, text: str) -> str:
    """Write a file of policies beside the configuration and return its path."""
    file = running.folder / name
    file.write_text(text)
    return str(file)


def test_a_change_is_tried_on_what_was_asked_put_in_force_and_taken_back(
    running: Platform, person: Person
) -> None:
    assert chat(running, person) == 200
    tighter = draft(running, "tighter.cedar", BASE + CLOSED)
    changed = until(lambda: lost(running, tighter))
    assert {(each["principal"], each["action"], each["service"]) for each in changed} == {
        (person.id, "chat", "service")
    }
    assert changed[0]["after"]["policies"] == ["nobody-chats"]
    shown = running.run("policy", "diff", tighter)
    assert shown.returncode == 1
    assert "forbidden by nobody-chats" in shown.stdout

    applied = running.run("policy", "apply", tighter)
    assert applied.returncode == 0, applied.stderr
    assert "in force in every worker" in applied.stdout
    assert "this stays over restarts until they are changed" in applied.stderr
    assert chat(running, person) == 403
    assert "applied by the owner; NOT what the configured files say" in running.run("status").stdout
    gains = running.run("policy", "diff", "--json")  # what the configured files would bring back
    assert {each["change"] for each in json.loads(gains.stdout)["changes"]} == {"gained"}

    before = json.loads(running.run("policy", "versions", "--json").stdout)
    broken = running.run(
        "policy", "apply", draft(running, "broken.cedar", "permit (\n  principal,\n  actoin")
    )
    assert broken.returncode == 2
    assert "broken.cedar:3: " in broken.stderr
    assert json.loads(running.run("policy", "versions", "--json").stdout) == before
    assert chat(running, person) == 403

    back = running.run("policy", "rollback", str(before[-1]["version"]))
    assert back.returncode == 0, back.stderr
    assert chat(running, person) == 200
    events = until(lambda: recorded(running, "access.policy", 4))
    assert [(each["kind"], each["detail"].get("source")) for each in events[-4:]] == [
        ("access.policy.applied", "start"),
        ("access.policy.applied", "applied"),
        ("access.policy.refused", None),
        ("access.policy.applied", "rolled-back"),
    ]
    digests = [each["detail"]["digest"] for each in events]
    assert digests[0] == digests[-1] != digests[1]


def lost(running: Platform, file: str) -> list[dict[str, dict[str, list[str]]]]:
    told = json.loads(running.run("policy", "diff", file, "--json").stdout)
    return [each for each in told["changes"] if each["change"] == "lost"]


def recorded(running: Platform, kind: str, least: int) -> list[dict[str, dict[str, str]]]:
    found = json.loads(running.run("ledger", "query", "--json", "--kind", kind).stdout)
    return found if len(found) >= least else []


def test_what_is_suggested_permits_what_was_seen_and_nobody_else(running: Platform, person: Person) -> None:
    other = register(running, 2)
    assert chat(running, person) == 200
    until(lambda: "Workload" in running.run("policy", "suggest").stdout)
    suggested = running.run("policy", "suggest").stdout
    file = draft(running, "suggested.cedar", suggested + TOKENS)
    assert running.run("policy", "check", file).returncode == 0
    assert running.run("policy", "apply", file).returncode == 0
    assert (chat(running, person), chat(running, other)) == (200, 403)
    why = running.run("policy", "explain", "chat", "service", "--principal", other.id)
    assert why.stdout.startswith("NO ")
    assert "is not Workload::" in why.stdout
    everybody = json.loads(
        running.run("policy", "explain", "chat", "service", "--classical", "--json").stdout
    )
    assert {each["principal"] for each in everybody if each["allowed"]} == {person.id}
    assert running.run("policy", "apply").returncode == 0
    assert "say the same" in running.run("status").stdout


def test_what_is_in_force_outlives_control_and_starts_until_the_files_are_changed(
    running: Platform, person: Person
) -> None:
    owner, file = Owner(Folder(running.state)), running.folder / "policies" / "main.cedar"
    file.write_text(BASE + CLOSED)
    assert running.run("policy", "apply").returncode == 0
    kill_control(running, owner)
    assert chat(running, person) == 403  # control was handed the files as they were at the start
    file.write_text(BASE)
    assert running.run("policy", "apply").returncode == 0
    assert running.run("policy", "apply", draft(running, "tighter.cedar", BASE + CLOSED)).returncode == 0
    kill_control(running, owner)
    assert chat(running, person) == 403
    restart(running)
    assert "NOT what the configured files say" in running.run("status").stdout
    (running.folder / "policies" / "main.cedar").write_text(f"// reviewed\n{BASE}")
    restart(running)
    assert "the configured files\n" in running.run("status").stdout
    assert owner.policy().source == "start"
    text = running.run("policy", "show").stdout
    assert "// policies/main.cedar\n// reviewed" in text


def kill_control(running: Platform, owner: Owner) -> None:
    os.kill(process(running, "control", "ready")["pid"], signal.SIGKILL)
    until(lambda: answers(owner))


def answers(owner: Owner) -> bool:
    try:
        return owner.policy().source == "applied"
    except (PlatformSilent, OwnerRefused, EgressFault):  # it is being replaced
        return False


def restart(running: Platform) -> None:
    assert running.run("down").returncode == 0
    words = ("up", "--detach", "--state", str(running.state), "--port", str(running.port), "--no-drill")
    answer = bartizan(*words, folder=running.folder, environment=running.environment)
    assert answer.returncode == 0, answer.stderr


def test_no_request_that_starts_after_the_answer_is_let_through_while_policies_change(
    running: Platform,
) -> None:
    owner, person = Owner(Folder(running.state)), register(running, 3)
    seen: list[tuple[float, float, int]] = []
    stop = threading.Event()

    def ask() -> None:
        with closing(HTTPConnection("localhost", running.port, timeout=60)) as connection:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    status = asked(connection, person)
                except (OSError, HTTPException):  # a connection may end with a refusal
                    connection.close()
                    continue
                seen.append((began, time.monotonic(), status))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    closed: list[tuple[float, float]] = []
    for _ in range(4):
        owner.apply_policies({"a.cedar": BASE + CLOSED}, configured=False)
        since = time.monotonic()
        until(partial(more_than, seen, len(seen) + 30))
        closed.append((since, time.monotonic()))
        owner.apply_policies({"policies/main.cedar": f"// reviewed\n{BASE}"}, configured=True)
        until(partial(more_than, seen, len(seen) + 30))
    stop.set()
    for thread in threads:
        thread.join()
    inside = [status for began, ended, status in seen for a, b in closed if a <= began and ended <= b]
    assert len(inside) > 60
    assert set(inside) == {403}
    assert {status for _, _, status in seen} == {200, 403}


def more_than(seen: list[tuple[float, float, int]], enough: int) -> bool:
    return len(seen) > enough


def test_mistakes_are_named(running: Platform, tmp_path: Path) -> None:
    cases = tmp_path / "cases.toml"
    cases.write_text(
        '[[case]]\nprincipal = "user.ada"\naction = "chat"\nservice = "service"\nexpect = "deny"\n'
    )
    for words, said in (
        (("rollback", "9999"), "no such version of the policies"),
        (("explain", "fly", "service"), "there is no action fly"),
        (("explain", "chat", "nowhere"), "there is no service nowhere; there are control, sample, service"),
        (("explain", "chat", "service", "--principal", "user.ghost"), "user.ghost is not registered"),
        (("apply", "--built-in", "x.cedar"), "one of both"),
        (("apply", "x.cedar"), "there is no such file"),
        (("test", str(cases)), "user.ada is not registered"),
    ):
        answer = running.run("policy", *words)
        assert answer.returncode in {2, 3}, answer.stdout
        assert said in answer.stderr, answer.stderr
        assert "Traceback" not in answer.stderr
