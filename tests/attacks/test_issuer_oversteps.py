"""An identity provider, or somebody who has its key, that speaks of what is not its own."""

import hmac
import json
from typing import Any

import pytest

from bartizan.access.assemble import Access
from bartizan.access.outcome import Authenticated, Refused
from bartizan.clock import Nanoseconds
from bartizan.identity.external import Link, Profile, roles
from bartizan.identity.principal import Kind, Principal, registration
from bartizan.identity.state import State
from tests.access.house import CALLER, access, refusal, state
from tests.identity import abroad
from tests.identity.forge import ISSUER, START, START_S, claims, encode, token

ALICE = Principal("user.alice", Kind.USER, "alice", ("caller",), "p-1111111111111111", b"k" * 32, "c-1")
OWNER = Principal("user.owner", Kind.USER, "owner", ("owner",), "p-2222222222222222", b"k" * 32, "c-2")
LINK = Link(abroad.URL, "alice", ALICE.id, ("caller",), START)


def room(profile: Profile = abroad.PROFILE) -> Access:
    ours = state((CALLER, ALICE, OWNER))
    return access(State((*ours.issuers, abroad.trusted(profile)), ours.principals, ours.policy, {}, (LINK,)))


def said(presented: str, profile: Profile = abroad.PROFILE) -> Authenticated | Refused:
    return room(profile).authenticate(presented, START)


def test_an_honest_token_of_a_linked_subject_is_taken() -> None:
    who = said(abroad.access())
    assert isinstance(who, Authenticated)
    assert who.principal == ALICE


@pytest.mark.parametrize(
    "subject", [OWNER.id, "owner", ALICE.id, CALLER.id, CALLER.client, "ALICE", "alice "]
)
def test_no_subject_is_one_of_our_principals_by_its_id(subject: str) -> None:
    presented = abroad.access(sub=subject, client_id=CALLER.client)
    assert refusal(said(presented)) == "principal-arriving"  # somebody new, whoever that is
    closed = Profile("login", (abroad.RESOURCE,))
    assert refusal(said(presented, closed)) == "principal-unknown"


def test_the_roles_of_the_owner_and_the_drill_are_in_no_claim() -> None:
    profile = Profile(
        "login",
        (abroad.RESOURCE,),
        claim=("g",),
        mapped={"a": ("owner", "drill")},
        given=("owner",),
        register=True,
    )
    assert roles({"g": ["a"]}, profile) == ()


def test_our_own_issuers_tokens_cannot_be_signed_by_it_nor_its_own_by_us() -> None:
    ours = claims(sub=CALLER.id, client_id=CALLER.client)
    assert refusal(said(abroad.signed(ours))) == "key-unknown"
    assert refusal(said(token(payload=abroad.access_claims()))) == "key-unknown"
    mixed = {**abroad.access_claims(), "iss": ISSUER}
    assert refusal(said(abroad.signed(mixed))) == "key-unknown"


def test_its_word_for_an_application_a_family_or_a_service_of_ours_is_not_heeded() -> None:
    presented = abroad.access(
        aud=[abroad.RESOURCE, "bartizan:gateway:sample"],
        azp=CALLER.client,
        registration=registration(ALICE.client),
        family="f-0123456789abcdef",
        act={"sub": CALLER.id, "registration": registration(CALLER.client)},
        parents=["t-0123456789abcdef"],
    )
    who = said(presented)
    assert isinstance(who, Authenticated)
    assert (who.client, who.lineage, who.service, who.agent, who.actors) == ("", (), "", None, ())


@pytest.mark.parametrize(
    "audience",
    [
        *("bartizan:gateway", "bartizan:control", "bartizan:gateway:sample"),
        *(abroad.CLIENT, "https://other.example", f"{abroad.RESOURCE}:sample"),
    ],
)
def test_a_token_for_somebody_else_is_refused(audience: str) -> None:
    assert refusal(said(abroad.access(aud=audience))) == "audience-wrong"


def test_its_public_rsa_key_is_no_shared_secret_and_no_other_algorithms_key() -> None:
    pem = abroad.RSA.as_pem(private=False)
    octets = (
        b'{"typ":"at+jwt","alg":"HS256","kid":"rsa"}',
        json.dumps(abroad.access_claims()).encode(),
    )
    signing = ".".join(map(encode, octets))
    forged = f"{signing}.{encode(hmac.digest(pem, signing.encode(), 'sha256'))}"
    assert refusal(said(forged)) == "algorithm-refused"
    for kid, algorithm in (("rsa", "ES256"), ("rsa", "PS256"), ("there", "RS256"), ("there", "none")):
        presented = abroad.signed(abroad.access_claims(), kid=kid, alg=algorithm)
        assert refusal(said(presented)) == "algorithm-refused"


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example"},
        {"x5u": "https://evil.example"},
        {"jwk": {}},
        {"crit": ["x"]},
        {"x5c": ["MIIB"]},
    ],
)
def test_a_header_brings_no_key_and_no_address_of_one(extra: dict[str, Any]) -> None:
    assert refusal(said(abroad.signed(abroad.access_claims(), **extra))) == "token-header-refused"
    assert isinstance(said(abroad.signed(abroad.access_claims(), x5t="AAAA")), Authenticated)


def test_what_is_no_access_token_gives_no_access() -> None:
    plain = Profile("login", (abroad.RESOURCE,), types=("at+jwt", "jwt"))
    assert refusal(said(abroad.logout(aud=abroad.RESOURCE))) == "token-header-refused"
    assert refusal(said(abroad.logout("JWT", aud=abroad.RESOURCE), plain)) == "token-not-for-access"
    identity = abroad.access_claims(at_hash="x")
    assert refusal(said(abroad.signed(identity, "JWT"), plain)) == "token-not-for-access"
    assert (
        refusal(said(abroad.access(), Profile("login", (abroad.RESOURCE,), clients=("other",))))
        == "client-refused"
    )
    assert refusal(said(abroad.signed(abroad.access_claims(), "JWT"))) == "token-header-refused"


def test_a_token_with_newer_and_other_roles_is_not_decided_on_the_old_ones() -> None:
    presented = abroad.access(iat=START_S + 1, realm_access={"roles": []})
    now = START + 2 * 10**9
    answer = room().authenticate(presented, Nanoseconds(now))
    assert isinstance(answer, Refused)
    assert answer.reason == "principal-arriving"
    assert answer.status == 503
    older = abroad.access(iat=START_S - 5, realm_access={"roles": []})
    assert isinstance(said(older), Authenticated)


def test_an_issuers_word_for_a_passkey_is_none_of_ours() -> None:
    who = said(abroad.access(acr="passkey-device-bound", auth_time=START_S))
    assert isinstance(who, Authenticated)
    assert who.passkey == ""
