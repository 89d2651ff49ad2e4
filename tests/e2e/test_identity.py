"""People of a platform as one types them: registered, listed, revoked, erased, and the name given again."""

import json
import ssl
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e.conftest import Platform, Start
from tests.e2e.test_processes import CHAT
from tests.sealed import files

pytestmark = pytest.mark.slow


def roles(platform: Platform) -> dict[str, list[str]]:
    listed = json.loads(platform.run("identity", "list", "--json").stdout)
    return {person["id"]: person["roles"] for person in listed if not person["revoked"]}


def test_a_name_is_given_again_on_purpose_once_it_is_erased(shared_platform: Platform) -> None:
    running = shared_platform
    made = running.run("identity", "add", "app")
    assert made.returncode == 0
    assert "client_secret=" in made.stdout
    assert "workload.app has the role caller" in made.stderr
    assert running.run("identity", "revoke", "workload.app").returncode == 0
    again = running.run("identity", "add", "app")
    assert again.returncode == 2
    assert again.stderr.endswith("`bartizan identity erase workload.app`, then add it with --reuse\n")
    assert running.run("identity", "erase", "workload.app").returncode == 0
    unasked = running.run("identity", "add", "app")
    assert (unasked.returncode, "policies may still mean them by it" in unasked.stderr) == (2, True)
    assert running.run("identity", "add", "app", "--reuse").returncode == 0
    assert roles(running)["workload.app"] == ["caller"]


def test_an_owner_that_was_revoked_by_mistake_comes_back_as_the_message_says(platform: Start) -> None:
    running = platform()
    assert running.run("identity", "revoke", "user.owner").returncode == 0
    refused = running.run("token")
    assert refused.returncode == 2
    assert "`bartizan identity erase user.owner`, and register it anew with --reuse" in refused.stderr
    assert running.run("identity", "erase", "user.owner").returncode == 0
    anew = ("identity", "add", "owner", "--kind", "user", "--role", "caller", "--role", "owner", "--reuse")
    assert running.run(*anew).returncode == 0
    assert running.run("token").returncode == 0


def test_a_person_who_is_erased_is_nowhere_and_the_tree_verifies(platform: Start, tmp_path: Path) -> None:
    """What the record says of a person stays, as every proof does; that it was this person cannot be told any more."""
    running, name = platform(), "ada-lovelace"
    made = json.loads(running.run("identity", "add", name, "--kind", "user", "--json").stdout)
    form = {"grant_type": "client_credentials"}
    form |= {each: made[each] for each in ("client_id", "client_secret")}
    status, said, _ = posted(
        running, "/oauth/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert status == 200, said
    bearer = {
        "Authorization": f"Bearer {json.loads(said)['access_token']}",
        "Content-Type": "application/json",
    }
    status, _, request = posted(running, "/v1/chat/completions", json.dumps(CHAT), bearer)
    assert status == 200
    admitted = running.record(request, "gateway.request.admitted")
    kept, proof = tmp_path / "kept", tmp_path / "proof"
    assert running.run("ledger", "verify", "--save", str(kept)).returncode == 0
    assert running.run("ledger", "prove", str(admitted["entry"]), "--out", str(proof)).returncode == 0
    assert set() < holding(running, name.encode()) <= {"store.db", "store.db-wal"}
    assert running.run("identity", "erase", f"user.{name}").returncode == 0
    assert holding(running, name.encode()) == set()
    assert holding(running, admitted["actor"].encode()) <= {"tree.db", "tree.db-wal"} | segments(running)
    again = running.run("ledger", "verify", "--checkpoint", str(kept))
    assert again.returncode == 0, again.stdout
    assert "witnessed" in again.stdout
    assert running.run("ledger", "verify", "--proof", str(proof)).returncode == 0
    running.record(admitted["actor"], "access.principal.erased")


def posted(running: Platform, path: str, body: str, fields: dict[str, str]) -> tuple[int, str, str]:
    """Return status and body of an answer, and the id of its request."""
    context = ssl.create_default_context(cafile=str(running.authority))
    with closing(HTTPSConnection("localhost", running.port, timeout=60, context=context)) as connection:
        connection.request("POST", path, body, fields)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers["x-request-id"]


def holding(running: Platform, octets: bytes) -> set[str]:
    """Return the names of the files of a platform in which these octets stand."""
    return {path.name for path, held in files(running.state) if octets in held}


def segments(running: Platform) -> set[str]:
    return {path.name for path in (running.state / "ledger" / "segments").iterdir()}


def test_mistakes_are_named(shared_platform: Platform) -> None:
    for words, said in (
        (("revoke", "--token", "t-0"), "a token's id is needed"),
        (("erase", "workload.ghost"), "no such principal"),
        (("erase", "../x"), "a name is needed"),
        (("erase",), "the following arguments are required: ID"),
    ):
        answer = shared_platform.run("identity", *words)
        assert (answer.returncode, said in answer.stderr) == (2, True), answer.stderr


def test_a_role_that_no_built_in_policy_knows_is_pointed_out(shared_platform: Platform) -> None:
    answer = shared_platform.run("identity", "add", "misspelt", "--role", "calller")
    assert answer.returncode == 0
    assert "the built-in policies permit nothing to role calller" in answer.stderr
