"""What a local client's head becomes: written anew, under one credential that is not the client's."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.connect.request import errors_of, forwarded, read_request
from bartizan.crypto.secret import Secret
from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocols.dialect import Errors

KEY = Secret(b"the-key")
CREDENTIAL = b"authorization: Bearer token-1\r\n"
NAMES = st.sampled_from(
    [
        "host",
        "authorization",
        "x-api-key",
        "api-key",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "expect",
        "accept",
        "x-stainless-lang",
        "openai-organization",
        "dpop",
        "proxy-authorization",
        "keep-alive",
        "user-agent",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        ["127.0.0.1:8444", "Bearer the-key", "the-key", "12", "chunked", "close", "100-continue"]
    ),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12),
)


def head(
    *lines: str, first: str = "GET /v1/models HTTP/1.1", key: str = "authorization: Bearer the-key"
) -> bytes:
    return "\r\n".join([first, "host: 127.0.0.1:8444", *([key] if key else []), *lines]).encode()


def names_of(octets: bytes) -> list[bytes]:
    return [line.partition(b":")[0].lower() for line in octets.split(b"\r\n")[1:] if line]


@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "TRACE"]),
    fields=st.lists(st.tuples(NAMES, VALUES), max_size=8),
)
def test_whatever_is_accepted_goes_on_with_one_host_one_framing_and_our_credential_alone(
    method: str, fields: list[tuple[str, str]]
) -> None:
    lines = "\r\n".join(f"{name}: {value}" for name, value in fields)
    try:
        request = read_request(f"{method} /v1/x HTTP/1.1\r\n{lines}".encode(), KEY)
    except Refusal:
        return
    octets = forwarded(request, b"gateway:8443", CREDENTIAL)
    said = names_of(octets)
    assert octets.count(b"\r\n\r\n") == 1
    assert octets.endswith(b"\r\n\r\n")
    assert b"the-key" not in octets
    assert said.count(b"host") == said.count(b"authorization") == 1
    assert said.count(b"content-length") + said.count(b"transfer-encoding") <= 1
    assert not {
        b"x-api-key",
        b"api-key",
        b"dpop",
        b"connection",
        b"te",
        b"expect",
        b"proxy-authorization",
    } & set(said)
    assert b"\r\nhost: gateway:8443\r\n" in octets


@given(octets=st.binary(max_size=80))
def test_no_octets_raise_anything_but_a_refusal(octets: bytes) -> None:
    for given_head in (octets, b"GET /v1/x HTTP/1.1\r\nhost: localhost\r\n" + octets):
        with contextlib.suppress(Refusal):
            read_request(given_head, KEY)


def test_what_a_client_says_of_itself_goes_on_as_it_said_it() -> None:
    request = read_request(head("X-Stainless-Lang: python", "openai-organization: org-1", "accept: a/b"), KEY)
    said = forwarded(request, b"g", CREDENTIAL)
    assert b"x-stainless-lang: python\r\nopenai-organization: org-1\r\naccept: a/b\r\n" in said


@pytest.mark.parametrize(
    "key",
    [
        "authorization: Bearer the-key",
        "authorization: bearer the-key",
        "x-api-key: the-key",
        "api-key: the-key",
    ],
)
def test_the_key_is_taken_where_clients_put_it(key: str) -> None:
    assert read_request(head(key=key), KEY).method == b"GET"


@pytest.mark.parametrize(
    "key",
    ["", "authorization: Bearer the-kez", "authorization: Basic the-key", "x-api-key: ", "x-key: the-key"],
)
def test_without_the_key_nothing_is_passed_on(key: str) -> None:
    with pytest.raises(Refusal) as fault:
        read_request(head(key=key), KEY)
    assert (fault.value.reason, fault.value.status) == ("key-wrong", 401)
    assert read_request(head(key=key), None).method == b"GET"


def test_nodes_own_fetch_is_no_browser() -> None:
    """It says the mode of every request, and nothing else of what browsers say."""
    assert read_request(head("sec-fetch-mode: cors", "accept-language: *"), KEY).method == b"GET"


@pytest.mark.parametrize("field", ["originator: codex_cli_rs", "cookies-taken: none", "referer-policy: x"])
def test_a_field_that_only_begins_like_a_browsers_goes_on(field: str) -> None:
    """Codex says `originator` with every request."""
    assert field.encode() in forwarded(read_request(head(field), KEY), b"g", CREDENTIAL)


def test_a_request_shows_nothing_of_itself() -> None:
    request = read_request(head("x-secret: s3cret"), KEY)
    assert not re.search("s3cret|the-key", repr(request))


@pytest.mark.parametrize(
    ("first", "lines", "shape"),
    [
        ("POST /v1/messages HTTP/1.1", (), Errors.ANTHROPIC),
        ("POST /claude/v1/messages/count_tokens HTTP/1.1", (), Errors.ANTHROPIC),
        ("POST /v1/messages?beta=true HTTP/1.1", (), Errors.ANTHROPIC),
        ("GET /v1/models HTTP/1.1", ("anthropic-version: 2023-06-01",), Errors.ANTHROPIC),
        ("GET /v1/models HTTP/1.1", (), Errors.OPENAI),
        ("POST /v1/chat/completions HTTP/1.1", ("x: /v1/messages",), Errors.OPENAI),
        ("POST /openai/deployments/a/chat/completions HTTP/1.1", (), Errors.OPENAI),
        ("POST /tools/mcp HTTP/1.1", (), Errors.JSONRPC),
        ("GET /shop/pets HTTP/1.1", (), Errors.PROBLEM),
        ("GET", (), Errors.OPENAI),
    ],
)
def test_a_refusal_has_the_shape_that_the_client_reads(
    first: str, lines: tuple[str, ...], shape: Errors
) -> None:
    assert errors_of(head(*lines, first=first)) is shape


def test_a_target_of_a_described_service_goes_on_as_it_is() -> None:
    asked = read_request(head(first="GET /shop/pets/caf%C3%A9?tag=a,b HTTP/1.1"), KEY)
    assert forwarded(asked, b"gw", CREDENTIAL).startswith(b"GET /shop/pets/caf%C3%A9?tag=a,b HTTP/1.1\r\n")
