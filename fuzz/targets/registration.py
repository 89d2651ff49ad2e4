"""What an application that registers itself asks to be: what is taken has one reading, that of a plain reader too, and no more than is served."""

import json

from bartizan.access.issue.grant import CLIENT, CODE, DEVICE, REFRESH
from bartizan.access.issue.metadata import METHODS
from bartizan.access.issue.redirect import matches
from bartizan.access.issue.registration import (
    KEYS,
    NONE,
    RegistrationFault,
    RegistrationRefused,
    Wanted,
    information,
    read_document,
    wanted,
)
from bartizan.clock import SECOND, Nanoseconds
from fuzz.target import Target

_FAULTS = {RegistrationFault.METADATA, RegistrationFault.REDIRECT}
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_MADE, _OVER = Nanoseconds(1_700_000_000 * SECOND), Nanoseconds(1_800_000_000 * SECOND)


def run(data: bytes) -> str:
    try:
        said = read_document(data)
        found = wanted(said)
    except RegistrationRefused as fault:
        assert fault.error in _FAULTS
        assert fault.what.isascii()
        return str(fault.error.value)
    plain = json.loads(data)
    assert plain == said
    _is_served(found)
    _is_what_was_said(found, plain)
    # What an application is told that it is, it can ask to be again.
    again = information(found, _MADE, _OVER)
    assert wanted(json.loads(json.dumps(again))) == found
    return "public" if found.public else found.method


def _is_served(found: Wanted) -> None:
    assert found.method in METHODS
    assert {*found.grants} <= {CODE, REFRESH, DEVICE, CLIENT}
    assert found.grants
    assert (REFRESH in found.grants) == bool({CODE, DEVICE} & {*found.grants})
    assert bool(found.redirects) == (CODE in found.grants)
    assert not (found.public and CLIENT in found.grants)
    assert found.bound or not found.public
    assert bool(found.jwks) == (found.method == KEYS)
    assert not any(_PRIVATE & key.keys() for key in found.jwks)
    for address in found.redirects:
        assert matches(address, found.redirects)
        assert address.isascii()
        assert not {*"*#\\ \n"} & {*address}
    assert len(found.addresses()) <= max(1, len(found.redirects))
    for each in found.addresses():
        assert (each.scheme == "https") == bool(each.host)
        assert not each.host or any(
            address.startswith(f"https://{each.host}") and address[8 + len(each.host)] in ":/"
            for address in found.redirects
        )


def _is_what_was_said(found: Wanted, plain: dict[str, object]) -> None:
    assert [*found.redirects] == [*dict.fromkeys(plain.get("redirect_uris", []))]  # type: ignore[call-overload]  # a list of texts, or it were refused
    assert found.resource == plain.get("resource", "")
    assert found.method == plain.get("token_endpoint_auth_method", "client_secret_basic")
    assert found.bound == (plain.get("dpop_bound_access_tokens", False) or found.method == NONE)


_KEY = (
    b'{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
    b'"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
)
_SIGNS = (
    b'{"redirect_uris":["https://a.example/b"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[%s]}}'
    % _KEY
)
TARGET = Target(
    modules=("bartizan.access.issue.registration",),
    run=run,
    seeds=(
        b'{"redirect_uris":["https://a.example/b"]}',
        b'{"redirect_uris":["https://a.example/b","https://a.example:8443/c","http://127.0.0.1/d","com.example.e:/f"]}',
        b'{"redirect_uris":["http://[::1]:80/"],"token_endpoint_auth_method":"none","response_types":["code"]}',
        b'{"grant_types":["urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"client_secret_post"}',
        b'{"grant_types":["client_credentials"],"response_types":[],"resource":"https://gateway/one","scope":""}',
        _SIGNS,
        _SIGNS.replace(b'"kty"', b'"d":"AA","kty"'),
        _SIGNS.replace(b'"jwks":', b'"jwks_uri":'),
        b'{"redirect_uris":["https://a.example/b"],"redirect_uris":[]}',
        b'{"grant_types":["refresh_token"]}',
        b'{"scope":"x","redirect_uris":["https://a.example/"]}',
        b'{"dpop_bound_access_tokens":1,"redirect_uris":["https://a.example/"]}',
        b"[]",
    ),
    words=(
        b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"false", b"NaN", b"1e9", b"\\u0061", b"\\ud800", b"\xff", b"https://",
        b"http://127.0.0.1", b"http://[::1]", b"com.example:/", b"@", b"#", b"*", b"\\\\", b"%2f", b":8443", b"?", b'"redirect_uris"',
        b'"grant_types"', b'"response_types"', b'"token_endpoint_auth_method"', b'"jwks"', b'"jwks_uri"', b'"keys"', b'"scope"', b'"resource"',
        b'"dpop_bound_access_tokens"', b'"authorization_code"', b'"refresh_token"', b'"client_credentials"', b'"code"', b'"none"',
        b'"private_key_jwt"', b'"client_secret_basic"', b'"client_secret_post"', b"urn:ietf:params:oauth:grant-type:device_code",
    ),
)  # fmt: skip
