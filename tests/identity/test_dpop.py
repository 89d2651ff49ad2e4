"""A proof is good for one request of one holder at one server, once; whatever differs is refused by its name."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jws

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity import dpop
from bartizan.identity.compact import encoded, take_apart
from bartizan.identity.dpop import APART, MAX_PROOF, SLOT, SLOTS, Proofs, Wanted
from bartizan.identity.holder import Holder
from bartizan.identity.proof_refusal import ProofRefused
from tests.identity.forge import START, encode

URL = "https://gateway.example/v1/chat/completions"
ACCESS = "header.payload.signature"
HOLDER = Holder()
WANTED = Wanted("POST", (URL,), ACCESS, HOLDER.thumbprint)


def server(secret: bytes = bytes(32)) -> Proofs:
    return Proofs(Secret(secret))


def made(proofs: Proofs, now: Nanoseconds = START, **changed: str) -> str:
    said = {"method": "POST", "target": URL, "token": ACCESS, "nonce": proofs.nonce(now)} | changed
    return HOLDER.proof(said["method"], said["target"], now, token=said["token"], nonce=said["nonce"])


def fault(proofs: Proofs, proof: str, wanted: Wanted = WANTED, now: Nanoseconds = START) -> str:
    try:
        proofs.verify(proof, wanted, now)
    except ProofRefused as refused:
        return refused.reason
    return ""


def signed(key: jwk.ECKey, header: dict[str, Any], claims: dict[str, Any], algorithm: str = "ES256") -> str:
    """Return a proof that another library made."""
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, [algorithm])


def claims(proofs: Proofs, **changed: object) -> dict[str, Any]:
    ath = encode(hashlib.sha256(ACCESS.encode()).digest())
    honest = {
        "jti": "a",
        "htm": "POST",
        "htu": URL,
        "iat": START // SECOND,
        "ath": ath,
        "nonce": proofs.nonce(START),
    }
    return {name: value for name, value in (honest | changed).items() if value is not None}


# ---- the RFC's own examples ------------------------------------------------------------------------------------
EXAMPLE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJq"
    "dGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijox"
    "NTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
"""RFC 9449 figure 2."""
SHOWN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
"""RFC 9449 figure 12; its digest is figure 13's ath."""


def test_the_signature_of_the_rfcs_example_is_its_keys() -> None:
    parts = take_apart(EXAMPLE)
    key = dpop._read_key(parts.header)
    assert key.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert key.verifies(parts.signed, parts.signature)
    assert not key.verifies(parts.signed + b"x", parts.signature)


def test_the_digest_of_the_rfcs_token_is_its_ath() -> None:
    digest = hashlib.sha256(SHOWN.encode()).digest()
    assert encoded(digest) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


# ---- good ones -------------------------------------------------------------------------------------------------
def test_a_proof_is_taken_once_and_its_thumbprint_returned() -> None:
    proofs = server()
    proof = made(proofs)
    assert proofs.verify(proof, WANTED, START) == HOLDER.thumbprint
    assert fault(proofs, proof) == "proof-replayed"
    assert fault(proofs, made(proofs)) == ""
    assert len(proofs) == 2


@pytest.mark.parametrize(("algorithm", "curve"), [("ES256", "P-256"), ("ES384", "P-384")])
def test_proofs_of_another_library_are_taken(algorithm: str, curve: str) -> None:
    proofs = server()
    key = jwk.ECKey.generate_key(curve)
    header = {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.as_dict(private=False)}
    wanted = Wanted("POST", (URL,), ACCESS, key.thumbprint())
    assert fault(proofs, signed(key, header, claims(proofs), algorithm), wanted) == ""


@pytest.mark.parametrize(
    "target",
    [URL, URL + "?a=b", URL + "#c", URL.replace("https", "HTTPS"), URL.replace("gateway", "Gateway"),
     URL.replace("example/", "example:443/")],
)  # fmt: skip
def test_a_url_may_be_written_in_other_ways(target: str) -> None:
    proofs = server()
    assert fault(proofs, made(proofs, target=target)) == ""


def test_any_key_will_do_where_none_is_wanted_yet() -> None:
    proofs = server()
    wanted = Wanted("POST", ("https://gateway.example/oauth/token",))
    proof = made(proofs, target="https://gateway.example/oauth/token", token="")
    assert proofs.verify(proof, wanted, START) == HOLDER.thumbprint


# ---- others ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"htm": "GET"}, "proof-elsewhere"),
        ({"htm": "post"}, "proof-elsewhere"),
        ({"htm": None}, "proof-elsewhere"),
        ({"htu": URL + "s"}, "proof-elsewhere"),
        ({"htu": URL.replace("https", "http")}, "proof-elsewhere"),
        ({"htu": URL.replace("example", "example.evil")}, "proof-elsewhere"),
        ({"htu": URL.replace("//", "//user@")}, "proof-elsewhere"),
        ({"htu": 5}, "proof-elsewhere"),
        ({"htu": None}, "proof-elsewhere"),
        ({"ath": "a" * 43}, "proof-elsewhere"),
        ({"ath": "\u00e9"}, "proof-elsewhere"),
        ({"ath": None}, "proof-elsewhere"),
        ({"nonce": None}, "proof-stale"),
        ({"nonce": ""}, "proof-stale"),
        ({"nonce": ["a"]}, "proof-stale"),
        ({"nonce": "\u00e9"}, "proof-stale"),
        ({"iat": None}, "proof-malformed"),
        ({"iat": True}, "proof-malformed"),
        ({"iat": "now"}, "proof-malformed"),
        ({"iat": START // SECOND - APART // SECOND - 1}, "proof-untimely"),
        ({"iat": START // SECOND + APART // SECOND + 1}, "proof-untimely"),
        ({"iat": 1e300}, "proof-untimely"),
        ({"jti": None}, "proof-malformed"),
        ({"jti": ""}, "proof-malformed"),
        ({"jti": "a" * 256}, "proof-malformed"),
        ({"jti": "a\nb"}, "proof-malformed"),
        ({"jti": 7}, "proof-malformed"),
    ],
)
def test_claims_that_differ_are_refused_by_name(changed: dict[str, object], reason: str) -> None:
    proofs = server()
    assert fault(proofs, HOLDER.sign(claims(proofs, **changed))) == reason
    assert len(proofs) == 0


def _headers() -> list[dict[str, Any]]:
    public = json.loads(take_apart(HOLDER.sign({})).header)["jwk"]
    honest = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public}
    key = jwk.ECKey.generate_key("P-256")
    return [
        honest | {"typ": "jwt"},
        honest | {"alg": "none"},
        honest | {"alg": "HS256"},
        honest | {"alg": "RS256"},
        honest | {"alg": "ES384"},
        honest | {"alg": 5},
        honest | {"kid": "x"},
        honest | {"jku": "https://evil.example"},
        {"typ": "dpop+jwt", "alg": "ES256"},
        honest | {"jwk": key.as_dict(private=True)},
        honest | {"jwk": "x"},
        honest | {"jwk": public | {"kty": "oct"}},
        honest | {"jwk": public | {"crv": "P-384"}},
        honest | {"jwk": public | {"x": "AA"}},
        honest | {"jwk": public | {"x": public["x"] + "="}},
        honest | {"jwk": public | {"x": public["y"]}},
        honest | {"jwk": public | {"y": 5}},
        honest | {"jwk": public | {"x": "\u00e9"}},
    ]


@pytest.mark.parametrize("header", _headers())
def test_headers_that_differ_are_refused(header: dict[str, Any]) -> None:
    proofs = server()
    _, body, signature = HOLDER.sign(claims(proofs)).split(".")
    forged = f"{encode(json.dumps(header).encode())}.{body}.{signature}"
    assert fault(proofs, forged) == "proof-malformed"


def test_a_proof_by_another_key_is_not_the_holders() -> None:
    proofs = server()
    other = Holder().proof("POST", URL, START, token=ACCESS, nonce=proofs.nonce(START))
    assert fault(proofs, other) == "proof-of-another"


def test_a_signature_that_is_not_the_keys_is_refused_and_takes_no_place() -> None:
    proofs = server()
    proof = made(proofs)
    head, body, _ = proof.split(".")
    assert fault(proofs, f"{head}.{body}.{made(proofs).split('.')[2]}") == "proof-forged"
    assert fault(proofs, f"{head}.{body}.{encode(bytes(64))}") == "proof-forged"
    assert fault(proofs, f"{head}.{body}.{encode(bytes(63))}") == "proof-forged"
    assert fault(proofs, proof) == ""


@pytest.mark.parametrize(
    "broken", ["a", "a.b", "a.b.c", "..", "\u00e9.b.c", "a" * (MAX_PROOF + 1), "e30.e30.e30"]
)
def test_what_is_no_proof_is_refused(broken: str) -> None:
    assert fault(server(), broken) in {"proof-malformed", "proof-stale"}


def test_none_at_all_is_said() -> None:
    assert fault(server(), "") == "proof-missing"


# ---- time ------------------------------------------------------------------------------------------------------
def test_a_nonce_is_good_for_some_slots_and_no_more() -> None:
    proofs = server()
    given = proofs.nonce(START)
    for slots, reason in enumerate([""] * SLOTS + ["proof-stale"]):
        now = Nanoseconds(START // SLOT * SLOT + slots * SLOT)
        assert fault(proofs, made(proofs, now, nonce=given), now=now) == reason


def test_what_was_seen_is_forgotten_with_its_nonce_and_does_not_come_back_with_a_clock_that_is_set_back() -> (
    None
):
    proofs = server()
    proof = made(proofs)
    assert fault(proofs, proof) == ""
    later = Nanoseconds(START + SLOTS * SLOT)
    assert fault(proofs, made(proofs, later), now=later) == ""
    assert len(proofs) == 1
    assert fault(proofs, proof) == "proof-stale"


def test_a_nonce_of_another_server_is_none() -> None:
    one, other = server(b"a" * 32), server(b"b" * 32)
    assert one.nonce(START) != other.nonce(START)
    assert fault(one, made(other)) == "proof-stale"


def test_a_full_memory_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpop, "MOST_PROOFS", 2)
    proofs = server()
    assert [fault(proofs, made(proofs)) for _ in range(3)] == ["", "", "proofs-full"]
    later = Nanoseconds(START + SLOTS * SLOT)
    assert fault(proofs, made(proofs, later), now=later) == ""


def test_keys_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpop, "KEYS", 3)
    proofs = server()
    holders = [Holder() for _ in range(5)]
    for holder in holders + holders:
        proof = holder.proof("POST", URL, START, token=ACCESS, nonce=proofs.nonce(START))
        assert fault(proofs, proof, Wanted("POST", (URL,), ACCESS, holder.thumbprint)) == ""
    assert len(proofs._keys) == 3


# ---- whatever is changed ---------------------------------------------------------------------------------------
@given(st.data())
def test_a_proof_with_any_character_changed_is_never_taken(data: st.DataObject) -> None:
    proofs = server()
    proof = made(proofs)
    at = data.draw(st.integers(0, len(proof) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda one: one != proof[at]))
    assert fault(proofs, proof[:at] + character + proof[at + 1 :]) != ""


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce"]), JSON)
def test_whatever_a_claim_is_the_answer_is_a_named_refusal_or_the_thumbprint(
    name: str, value: object
) -> None:
    proofs = server()
    key = jwk.ECKey.generate_key("P-256")
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    wanted = Wanted("POST", (URL,), ACCESS, key.thumbprint())
    said = fault(proofs, signed(key, header, claims(proofs) | {name: value}), wanted)
    assert said == "" or said.startswith("proof-")
