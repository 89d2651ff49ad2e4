"""The Admin API over the network and over the owner's socket: the same table, other callers."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from typing import Any

import pytest

import bartizan
from bartizan.admin import principals, tokens
from bartizan.admin.table import ROUTES
from bartizan.app.admin.asking import OwnerRefused
from bartizan.app.admin.remote import Remote
from bartizan.app.bound_provider import BoundProvider
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from tests.admin import examples
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import query, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield a platform whose Admin API may be called from this machine."""
    with ExitStack() as stack:
        yield start(stack, configuration='[admin]\nnetworks = ["127.0.0.0/8", "::1"]\n')


@pytest.fixture(scope="module")
def owner(running: Platform) -> Owner:
    return Owner(Folder(running.state))


def bound(
    running: Platform, owner: Owner, name: str, *roles: str, kind: str = "workload"
) -> tuple[BoundProvider, str]:
    """Return what shows the tokens of somebody new with these roles, and their id."""
    made = owner.register(name, kind, roles)
    secret = running.folder / f"{name}.secret"
    secret.write_text(made.client_secret)
    secret.chmod(0o600)
    provider = bartizan.token_provider.bound_for_client(
        f"{running.url}/oauth/token",
        made.client_id,
        f"file:{secret}",
        ca=running.authority,
        audience="bartizan:control",
    )
    return provider, made.id


def remote(
    running: Platform, owner: Owner, name: str, *roles: str, kind: str = "workload"
) -> tuple[Remote, str]:
    """Return a client of somebody new with these roles, and their id."""
    provider, who = bound(running, owner, name, *roles, kind=kind)
    return Remote(running.url, provider, ca=running.authority), who


def bare(
    running: Platform, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, body and fields of an answer to a client that knows of nothing."""
    context = ssl.create_default_context(cafile=str(running.authority))
    with closing(HTTPSConnection("localhost", running.port, timeout=60, context=context)) as connection:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return (
            answer.status,
            json.loads(answer.read() or b"{}"),
            {name.lower(): value for name, value in answer.getheaders()},
        )


def test_an_administrator_with_a_bound_token_does_over_tls_what_the_owner_does(
    running: Platform, owner: Owner
) -> None:
    chief, _ = remote(running, owner, "chief", "owner")
    made, first = chief.told(principals.REGISTER, principals.Registration("hired"), key="hire-1")
    again, second = chief.told(principals.REGISTER, principals.Registration("hired"), key="hire-1")
    assert made.client_secret
    assert (again.id, again.client_secret) == (made.id, "")
    assert (first.replayed, second.replayed) == (False, True)
    seen, told = chief.told(principals.READ, principal=made.id)
    assert owner.told(principals.READ, principal=made.id) == (seen, told)  # one API, one tag
    with pytest.raises(OwnerRefused) as fault:
        chief.ask(principals.REVOKE, principal=made.id)
    assert (fault.value.status, fault.value.reason) == (428, "precondition-required")
    with pytest.raises(OwnerRefused) as fault:
        chief.ask(principals.REVOKE, principal=made.id, match='"0123"')
    assert (fault.value.status, fault.value.reason) == (412, "precondition-failed")
    assert chief.ask(principals.REVOKE, principal=made.id, match=told.tag).generation
    with pytest.raises(OwnerRefused) as fault:
        chief.ask(principals.ERASE, principal=made.id, match=told.tag)  # what it was before
    assert fault.value.status == 412
    tag = chief.told(principals.READ, principal=made.id)[1].tag
    with pytest.raises(OwnerRefused) as fault:
        chief.ask(principals.ERASE, principal=made.id, match=tag)
    assert (fault.value.status, fault.value.reason) == (409, "approval-awaited")
    owner.ask(principals.ERASE, principal=made.id, match=tag)
    assert made.id not in {each.id for each in owner.people()}


def test_what_an_administrator_does_is_on_record_as_theirs(running: Platform, owner: Owner) -> None:
    guard, who = remote(running, owner, "guard", "security-engineer")
    pseudonym = next(each.pseudonym for each in owner.people() if each.id == who)
    guard.revoke_token("t-0011223344556677")
    until(lambda: bool(query(running, "--kind", "access.token.revoked", "--actor", pseudonym)))
    (called,) = query(running, "--kind", "access.admin.called", "--actor", pseudonym)
    assert (called["outcome"], called["detail"]) == ("allowed", {"operation": "revoke-token"})
    admitted = running.record(called["subject"], "gateway.request.admitted")
    assert admitted["detail"]["route"] == "revoke-token"
    with pytest.raises(OwnerRefused) as fault:
        guard.register("friend", "workload", ["owner"])
    assert (fault.value.status, fault.value.reason) == (403, "policy-denied")
    until(
        lambda: bool(
            query(running, "--kind", "access.admin.called", "--actor", pseudonym, "--outcome", "denied")
        )
    )


def test_a_person_sees_their_own_consents_and_by_policy_alone_those_of_others(
    running: Platform, owner: Owner
) -> None:
    ada, _ = remote(running, owner, "ada", kind="user")
    program, _ = remote(running, owner, "program")
    guard, _ = remote(running, owner, "sentry", "security-engineer")
    assert ada.consents() == guard.consents("user.ada") == owner.consents("user.ada") == ()
    refusals = (
        (lambda: ada.withdraw("workload.shop"), (404, "consent-unknown")),
        (lambda: guard.withdraw("workload.shop", "user.ada"), (404, "consent-unknown")),
        (lambda: guard.withdraw("workload.shop", "user.owner"), (403, "beyond-ones-own")),
        (lambda: ada.consents("user.owner"), (403, "policy-denied")),
        (lambda: ada.withdraw("workload.shop", "user.owner"), (403, "policy-denied")),
        (program.consents, (403, "policy-denied")),
    )
    for asked, said in refusals:
        with pytest.raises(OwnerRefused) as fault:
            asked()
        assert (fault.value.status, fault.value.reason) == said


def test_a_proof_is_for_the_method_as_it_was_asked_a_head_included(running: Platform, owner: Owner) -> None:
    provider, _ = bound(running, owner, "looks", "auditor")
    path = principals.LIST.at()

    def asked(method: str, named: str) -> int:
        answered = list[int]()
        for _ in range(3):  # another nonce may be wanted
            status, _, fields = bare(running, method, path, provider.headers(named, running.url + path))
            answered.append(status)
            if not provider.told(status, fields):
                break
        return answered[-1]

    assert [asked(*each) for each in (("HEAD", "HEAD"), ("GET", "GET"))] == [200, 200]
    assert [asked(*each) for each in (("HEAD", "GET"), ("GET", "HEAD"))] == [401, 401]
    forged = {"X-Bartizan-Method": "HEAD"}  # nobody's word but the gateway's
    headers = provider.headers("HEAD", running.url + path) | forged
    assert bare(running, "GET", path, headers)[0] == 401


def test_a_token_that_is_bound_to_nothing_or_meant_for_others_opens_nothing(
    running: Platform, owner: Owner
) -> None:
    path = principals.LIST.at()
    for audience, reason in (("bartizan:control", "binding-missing"), ("bartizan:gateway", "audience-wrong")):
        token = owner.token("user.owner", audience, 60).access_token
        status, said, fields = bare(running, "GET", path, {"Authorization": f"Bearer {token}"})
        assert (status, said["reason"]) == (401, reason)
        assert fields["www-authenticate"]
    status, said, _ = bare(running, "GET", path, {})
    assert (status, said["reason"]) == (401, "token-missing")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_refuses_strangers_over_tls(running: Platform, route: Any) -> None:  # noqa: ANN401 - a route of the table
    headers = {"Content-Type": "application/json"} if route.takes_body else {}
    said = bare(running, route.method, examples.target(route), headers, examples.body(route))
    if route.local:
        assert said[0] == 404
    else:
        assert (said[0], said[1]["reason"]) == (401, "token-missing")


def test_without_a_word_in_the_configuration_there_is_no_such_api(shared_platform: Platform) -> None:
    status, _, _ = bare(shared_platform, "GET", tokens.LIST.at(), {"Authorization": "Bearer x"})
    assert status == 404
