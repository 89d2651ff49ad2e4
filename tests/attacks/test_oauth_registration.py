"""An application, or whoever stands behind it, that wants to be registered as more, as another, or more often than it may.

Source: RFC 7591 section 5; RFC 7592 section 5; RFC 9700 section 4.1.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk

from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import CONTROL, GATEWAY
from bartizan.app.admin.gate import CallRefused
from bartizan.console.questions import ask
from bartizan.identity.principal import Kind, NotAPrincipal
from tests.attacks.oauth import HOME, LOOPBACK, refusal
from tests.attacks.registering import ANYBODY, BACK, OWN_TOKENS, REACH, WEB, Registry, asked
from tests.identity import abroad
from tests.identity.forge import encode, public

STRANGER = jwk.ECKey.generate_key("P-256", {"kid": "there", "alg": "ES256"})
DENIED = "policy-denied"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path)
    yield made
    made.store.dispose()


@pytest.fixture
def lax(tmp_path: Path) -> Iterator[Registry]:
    """Return one whose policies let anybody register anything, so that only what no policy gives is left."""
    folder = tmp_path / "lax"
    folder.mkdir(mode=0o700)
    made = Registry(folder, ANYBODY)
    yield made
    made.store.dispose()


# ---- who may, and what ---------------------------------------------------------------------------------------
def test_who_the_policies_permit_registers_and_signs_people_in(house: Registry) -> None:
    made = house.register()
    app = house.of(made)
    assert (app.kind, app.roles, app.self_registered) == (Kind.WORKLOAD, (), True)
    issued = house.redeem(house.code(app, redirect_uri=BACK), app, redirect_uri=BACK)
    assert house.allowed(issued.token) == ""
    assert house.allowed(issued.token, "tools") == "token-elsewhere"
    (entry,) = [each for each in house.entries if each.kind == "access.client.registered"]
    assert (entry.actor, entry.subject) == (house.dev.pseudonym, app.pseudonym)
    assert entry.detail == {"method": "client-secret", "redirects": 1, "service": "assistant"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("plain", "403"), ("app", "403"), ("ada", "403"), (None, "401")],
)
def test_nobody_else_does_and_the_attempt_is_on_record(house: Registry, who: str | None, status: str) -> None:
    before = house.registrar.people()
    assert house.refusal(who=who) == (status, DENIED)
    assert house.registrar.people() == before
    assert house.refused() == [DENIED]


@pytest.mark.parametrize("policy", ["", REACH])
def test_without_a_policy_of_its_own_nobody_registers_not_even_the_owner(tmp_path: Path, policy: str) -> None:
    house = Registry(tmp_path, policy)
    owner = asyncio.run(house.registrar.register(Kind.USER, "root", ["owner", "security-engineer"]))[0]
    for who, status in ((owner, "403"), (house.dev, "403"), (None, "401")):
        assert house.refusal(who=who) == (status, DENIED)
    assert not house.registering.possible
    house.store.dispose()


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uris": ["https://evil.example/back"]},
        {"redirect_uris": [BACK, "https://evil.example/back"]},
        {"redirect_uris": ["https://app.example.evil.example/back"]},
        {"redirect_uris": ["https://app.example:8443@evil.example/"]},
        {"redirect_uris": ["https://APP.example/back"]},
        {"redirect_uris": [LOOPBACK]},
        {"redirect_uris": ["com.example.app:/back"]},
        {"resource": "https://localhost:8443/tools"},
        {"resource": ""},
        {"grant_types": ["authorization_code", "client_credentials"]},
        {"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]},
    ],
)
def test_one_thing_that_is_not_permitted_spoils_all_of_it(house: Registry, changed: dict[str, Any]) -> None:
    assert house.refusal(**changed) in {
        ("403", DENIED),
        ("invalid_redirect_uri", "invalid-redirect-uri"),
    }
    assert "access.client.registered" not in house.kinds()


def test_a_token_that_is_for_the_gateway_or_of_somebody_revoked_registers_nothing(house: Registry) -> None:
    for audience in (GATEWAY, f"{GATEWAY}:assistant"):
        shows = house.shows(house.dev, audience=audience)
        with pytest.raises(CallRefused) as caught:
            asyncio.run(house.registering.register(shows, json.dumps(WEB).encode()))
        assert caught.value.status == 401
    shows = house.shows(house.dev)
    asyncio.run(house.registrar.revoke(house.dev.id))
    with pytest.raises(CallRefused) as caught:
        asyncio.run(house.registering.register(shows, json.dumps(WEB).encode()))
    assert (caught.value.status, caught.value.reason) == (401, "principal-revoked")


def test_an_application_that_registered_itself_registers_no_other(lax: Registry, house: Registry) -> None:
    made = house.of(house.register())
    assert house.refusal(who=made) == ("403", DENIED)
    own = lax.of(lax.register(**OWN_TOKENS))
    assert asked(lax, own, audience=CONTROL) == ("invalid_target", "target-not-registered")


# ---- whom it can be taken for --------------------------------------------------------------------------------
def test_it_chooses_no_name_and_is_shown_under_none_of_its_own(lax: Registry) -> None:
    names: dict[str, Any] = {
        "client_name": "app",
        "client_id": lax.app.client,
        "software_id": "app",
        "roles": ["owner"],
    }
    made = lax.register(**names)
    app = lax.of(made)
    assert app.name.startswith("self-")
    assert made["client_id"] != lax.app.client
    assert not {"client_name", "software_id", "roles"} & made.keys()
    question = lax.lending.question(lax.push(app, redirect_uri=BACK), app.client, lax.signed_in())
    assert (question.application, question.registered) == (app.name, "app.example")


def test_nobody_is_given_such_a_name_or_the_role_that_goes_with_it(lax: Registry) -> None:
    for kind, name, roles in (
        (Kind.WORKLOAD, "self-0123456789abcdef", []),
        (Kind.USER, "self-0123456789abcdef", []),
        (Kind.WORKLOAD, "other-one", ["self-registered"]),
    ):
        with pytest.raises(NotAPrincipal):
            asyncio.run(lax.registrar.register(kind, name, roles))


# ---- where it sends people -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/back",
        "https://app.example/back#x",
        "https://*.app.example/back",
        "https://user@app.example/back",
        "https://app.example\\@evil.example/",
        "https://app.example/\nback",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost/back",
        "http://127.0.0.1.evil.example/back",
        "https://" + "a" * 300,
    ],
)
def test_an_address_that_no_application_can_have_is_refused(lax: Registry, address: str) -> None:
    assert lax.refusal(redirect_uris=[BACK, address])[0] == "invalid_redirect_uri"


def test_people_are_told_that_nobody_here_registered_it_and_where_their_answer_goes(lax: Registry) -> None:
    app = lax.of(lax.register())
    native = lax.of(
        lax.register(token_endpoint_auth_method="none", redirect_uris=[LOOPBACK], resource="")  # noqa: S106 - a method
    )
    for of, address, where in (
        (app, BACK, b"goes to app.example."),
        (native, LOOPBACK, b"goes to a program on this device."),
        (lax.app, HOME, b""),
    ):
        uri = lax.push(of, redirect_uri=address)
        page = ask(lax.lending.question(uri, of.client, lax.signed_in()), uri, of.client, "user.ada")
        assert where in page
        assert (b"It registered itself: nobody here has looked at who is behind it." in page) == bool(where)


def test_a_host_is_not_what_a_loose_reader_takes_it_for(tmp_path: Path) -> None:
    house = Registry(tmp_path)
    assert house.refusal(redirect_uris=["https://evil.example/https://app.example/"]) == ("403", DENIED)
    assert house.refusal(redirect_uris=["https://evil.example/@app.example/"]) == ("403", DENIED)
    house.store.dispose()


def test_a_change_of_where_people_go_takes_back_what_they_allowed(lax: Registry) -> None:
    made = lax.register()
    app = lax.of(made)
    issued = lax.redeem(lax.code(app, redirect_uri=BACK), app, redirect_uri=BACK)
    assert lax.lending.question(lax.push(app, redirect_uri=BACK), app.client, lax.signed_in()).answered
    kept = lax.update(made)
    app = lax.of(kept)
    issued = lax.refresh(issued.refresh, app)
    assert lax.lending.question(lax.push(app, redirect_uri=BACK), app.client, lax.signed_in()).answered
    elsewhere = "https://evil.example/back"
    app = lax.of(lax.update(kept, redirect_uris=[elsewhere]))
    uri = lax.push(app, redirect_uri=elsewhere)
    assert not lax.lending.question(uri, app.client, lax.signed_in()).answered
    with pytest.raises(GrantRefused) as caught:
        lax.refresh(issued.refresh, app)
    assert refusal(caught.value) == ("invalid_grant", "refresh-unknown")
    assert lax.allowed(issued.token) == "token-revoked"


# ---- what its tokens are for ---------------------------------------------------------------------------------
@pytest.mark.parametrize("resource", ["", "https://localhost:8443/assistant"])
def test_none_has_tokens_for_the_platforms_own_interface_whatever_policies_say(
    lax: Registry, resource: str
) -> None:
    app = lax.of(lax.register(resource=resource, grant_types=["authorization_code", "client_credentials"]))
    assert asked(lax, app, audience=CONTROL) == ("invalid_target", "target-not-registered")
    with pytest.raises(GrantRefused) as caught:
        lax.push(app, redirect_uri=BACK, audience=CONTROL)
    assert refusal(caught.value) == ("invalid_target", "target-not-registered")
    assert lax.refusal(resource="https://localhost:8443/control")[0] == "invalid_client_metadata"


def test_one_service_means_that_one_alone_in_every_grant(lax: Registry) -> None:
    grants = ["authorization_code", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"]
    app, other = lax.of(lax.register(grant_types=grants)), "https://localhost:8443/tools"
    assert asked(lax, app, resource=other) == ("invalid_target", "target-not-registered")
    with pytest.raises(GrantRefused) as caught:
        lax.push(app, redirect_uri=BACK, resource=other)
    assert caught.value.reason == "target-not-registered"
    issued = lax._token(lax.form(app, {"grant_type": "client_credentials"}, {}), None)
    assert lax.allowed(issued.token, "tools") == "token-elsewhere"


def test_a_grant_that_was_not_registered_for_is_not_had(lax: Registry) -> None:
    web = lax.of(lax.register())
    assert asked(lax, web) == ("unauthorized_client", "grant-not-registered")
    own = lax.of(lax.register({}, **OWN_TOKENS))
    with pytest.raises(GrantRefused) as caught:
        lax.push(own, redirect_uri=BACK)
    assert caught.value.error.value == "unauthorized_client"


def test_who_registered_for_bound_tokens_gets_no_others(lax: Registry) -> None:
    app = lax.of(
        lax.register(dpop_bound_access_tokens=True, grant_types=["authorization_code", "client_credentials"])
    )
    assert asked(lax, app)[0] == "invalid_dpop_proof"
    code = lax.code(app, redirect_uri=BACK)
    with pytest.raises(GrantRefused) as caught:
        lax.redeem(code, app, redirect_uri=BACK)
    assert caught.value.error.value == "invalid_dpop_proof"
    assert lax.redeem(code, app, lax.holder, redirect_uri=BACK).bound


@pytest.mark.parametrize(
    "changed",
    [
        {"grant_types": ["password"]},
        {"grant_types": ["implicit"]},
        {"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": []},
        {"grant_types": "authorization_code"},
        {"grant_types": [["authorization_code"]]},
        {"response_types": ["token"]},
        {"response_types": ["code", "code id_token"]},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "oct", "k": "AA"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/keys"},
        {"jwks": {"keys": [public(STRANGER)]}},
        {"scope": "admin"},
        {"scope": 1},
        {"dpop_bound_access_tokens": "true"},
        {"resource": ["https://localhost:8443/assistant"]},
        {"resource": "https://localhost:8443/unknown"},
    ],
)
def test_what_is_not_served_is_refused_and_not_left_out(lax: Registry, changed: dict[str, Any]) -> None:
    assert lax.refusal(**changed)[0] == "invalid_client_metadata"


def test_a_private_key_is_refused_before_it_is_kept(lax: Registry) -> None:
    key = jwk.ECKey.generate_key("P-256").as_dict(private=True)
    said: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}
    assert lax.refusal(**said)[0] == "invalid_client_metadata"
    assert not any(str(key["d"]) in str(each) for each in lax.entries)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}',
        b'{"a":NaN}',
        b"\xff",
        b"[" * 50_000,
        b'{"a":"' + b"x" * 40_000 + b'"}',
        b'{"scope":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
)
def test_a_document_with_no_reading_or_two_is_none(lax: Registry, document: bytes) -> None:
    assert lax.refusal(document)[0] == "invalid_client_metadata"


# ---- whose word it has ---------------------------------------------------------------------------------------
VOUCHED = (
    REACH
    + """
@id("vouched-for") permit (principal, action == Action::"register-client", resource)
when { context.statement == "login" && context.software == "editor" };
"""
)


def test_what_a_statement_says_wins_and_is_what_policies_see(tmp_path: Path) -> None:
    house = Registry(tmp_path, VOUCHED)
    made = house.register(who=None, redirect_uris=["https://evil.example/"], software_statement=house.vouch())
    assert made["redirect_uris"] == [BACK]
    assert house.of(made).self_registered
    (entry,) = [each for each in house.entries if each.kind == "access.client.registered"]
    assert (entry.actor, entry.detail["statement"]) == ("anonymous", "login")
    assert house.refusal(who=None, software_id="editor") == ("401", DENIED)
    assert house.refusal(who=None, software_statement=house.vouch(software_id="other")) == ("401", DENIED)
    house.store.dispose()


def _unsigned(house: Registry) -> str:
    head, body, _ = house.vouch().split(".")
    none = encode(json.dumps({"alg": "none", "typ": "software-statement+jwt", "kid": "there"}).encode())
    return f"{none}.{body}.{head[:4]}"


@pytest.mark.parametrize(
    ("forged", "word"),
    [
        (_unsigned, "invalid_software_statement"),
        (lambda house: _unsigned(house).rpartition(".")[0] + ".", "invalid_software_statement"),
        (lambda house: house.vouch()[:-8] + "AAAAAAAA", "invalid_software_statement"),
        (
            lambda _: abroad.signed(
                {"iss": abroad.URL, "software_id": "editor"}, "software-statement+jwt", STRANGER
            ),
            "invalid_software_statement",
        ),
        (
            lambda _: abroad.signed(
                {"iss": abroad.URL, "software_id": "editor"}, "software-statement+jwt", jwk=public(STRANGER)
            ),
            "invalid_software_statement",
        ),
        (lambda house: house.vouch(iss="https://evil.example"), "unapproved_software_statement"),
        (lambda house: house.vouch(software_id=None), "invalid_software_statement"),
        (lambda house: house.vouch(aud="https://other.example"), "invalid_software_statement"),
        (lambda house: house.vouch(exp=1), "invalid_software_statement"),
        (lambda house: house.vouch(nbf=2**33), "invalid_software_statement"),
        (lambda _: abroad.access(), "invalid_software_statement"),
        (lambda _: abroad.access(software_id="editor"), "invalid_software_statement"),
        (lambda _: abroad.logout(software_id="editor"), "invalid_software_statement"),
        (lambda house: house.vouch(sub="alice"), "invalid_software_statement"),
        (lambda _: "", "invalid_software_statement"),
        (lambda _: "x" * 9000, "invalid_software_statement"),
        (lambda _: ["x"], "invalid_software_statement"),
    ],
)
def test_a_statement_that_does_not_hold_is_none(lax: Registry, forged: Any, word: str) -> None:  # noqa: ANN401 - makes one
    assert lax.refusal(software_statement=forged(lax))[0] == word
    assert "access.client.registered" not in lax.kinds()


def test_an_issuer_that_is_not_configured_for_it_vouches_for_nothing(lax: Registry) -> None:
    (only,) = lax.issuers._issuers.values()
    lax.issuers._issuers = {only.url: _plain(only)}
    assert lax.refusal(software_statement=lax.vouch()) == (
        "unapproved_software_statement",
        "unapproved-software-statement",
    )


def _plain(issuer: Any) -> Any:  # noqa: ANN401 - of the plan
    return type(issuer)(issuer.url, issuer.algorithms, issuer.profile)
