"""People of a platform as one types them: registered, listed, revoked, erased, and the name free again."""

import json

import pytest

from tests.e2e.conftest import Platform, Start

pytestmark = pytest.mark.slow


def roles(platform: Platform) -> dict[str, list[str]]:
    listed = json.loads(platform.run("identity", "list", "--json").stdout)
    return {person["id"]: person["roles"] for person in listed if not person["revoked"]}


def test_a_name_is_free_again_once_it_is_erased(shared_platform: Platform) -> None:
    running = shared_platform
    made = running.run("identity", "add", "app")
    assert made.returncode == 0
    assert "client_secret=" in made.stdout
    assert "workload.app has the role caller" in made.stderr
    assert running.run("identity", "revoke", "workload.app").returncode == 0
    again = running.run("identity", "add", "app")
    assert again.returncode == 2
    assert again.stderr.endswith("first free this one: bartizan identity erase workload.app\n")
    assert running.run("identity", "erase", "workload.app").returncode == 0
    assert running.run("identity", "add", "app").returncode == 0
    assert roles(running)["workload.app"] == ["caller"]


def test_an_owner_that_was_revoked_by_mistake_comes_back_as_the_message_says(platform: Start) -> None:
    running = platform()
    assert running.run("identity", "revoke", "user.owner").returncode == 0
    refused = running.run("token")
    assert refused.returncode == 2
    assert "`bartizan identity erase user.owner`, and register it anew" in refused.stderr
    assert running.run("identity", "erase", "user.owner").returncode == 0
    anew = ("identity", "add", "owner", "--kind", "user", "--role", "caller", "--role", "owner")
    assert running.run(*anew).returncode == 0
    assert running.run("token").returncode == 0


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
