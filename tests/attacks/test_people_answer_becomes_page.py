"""A service behind the gateway, which shares the pages' origin: it would set their cookie, be a page, or frame one."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.answer_head import SECURITY, read_answer
from bartizan.gateway.faults import Refusal
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.page import Page, asked, dressed
from bartizan.gateway.protocols.dialect import Dialect
from bartizan.gateway.routes import DIALECTS, Routes
from bartizan.gateway.service import ServiceRoute
from tests.gateway.scene import Received, client, request, run, standing

COOKIE = f"__Host-bartizan-session={'A' * 43}"
SET = f"{COOKIE}; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict"


def test_a_service_sets_no_cookie_and_is_no_page() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        body = b"<form method=post action=/people/sign-out><script src=/v1/models></script>"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: %b\r\nContent-Security-Policy: \r\n"
            b"Refresh: 0\r\nService-Worker-Allowed: /\r\nContent-Length: %d\r\n\r\n%b"
            % (SET.encode(), len(body), body)
        )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert not {b"set-cookie", b"refresh", b"service-worker-allowed", b"location"} & set(
                answer.headers
            )
            policy = answer.headers[b"content-security-policy"]
            assert policy == b"default-src 'none'; frame-ancestors 'none'; sandbox"
            assert answer.headers[b"x-content-type-options"] == b"nosniff"
            assert b"cookie" not in dict(scene.upstream.received[0].headers)

    run(scenario())


NAMES = st.sampled_from(
    ["set-cookie", "Set-Cookie", "LOCATION", "Location", "content-type", "x-frame-options"]
)
VALUES = st.sampled_from(
    [SET, "a=b", "/people", "https://evil.example", "text/html", "text/html; charset=utf-8"]
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_nothing_that_a_service_says_lets_it_be_a_page(fields: list[tuple[str, str]]) -> None:
    lines = "".join(f"\r\n{name}: {value}" for name, value in fields)
    found = read_answer(f"HTTP/1.1 200 OK\r\nContent-Length: 2{lines}".encode())
    assert b"cookie" not in found.opening.lower()
    assert b"location" not in found.opening.lower()
    assert SECURITY in found.opening


@pytest.mark.parametrize("name", DIALECTS)
def test_no_route_of_a_service_is_one_of_a_page(name: str) -> None:
    service = ServiceRoute(name="one", upstream="one", protocol=name, own=False)
    assert not [route for route in Routes([service], "one").all() if route.page is not None]


@pytest.mark.parametrize(
    "said",
    [
        {"set-cookie": "other=1; Path=/; Secure; HttpOnly; SameSite=Strict"},
        {"set-cookie": SET.replace("; HttpOnly", "")},
        {"set-cookie": SET.replace("; Secure", "")},
        {"set-cookie": SET + "; Domain=localhost"},
        {"set-cookie": SET, "Set-Cookie": SET},
        {"content-type": "application/javascript"},
        {"content-type": "text/html"},
        {"location": "/people"},
    ],
)
def test_our_own_process_gone_bad_sets_no_other_cookie_and_shows_nothing_else(
    said: Mapping[str, str],
) -> None:
    fields = {"content-type": "text/html; charset=utf-8"} | dict(said)
    lines = "".join(f"\r\n{name}: {value}" for name, value in fields.items())
    with pytest.raises(FramingDoubt):
        dressed(
            read_answer(f"HTTP/1.1 200 OK\r\nContent-Length: 2{lines}".encode()), Page.DOCUMENT, b"localhost"
        )


def test_a_page_is_framed_by_nobody_and_runs_its_own_script_alone() -> None:
    head = read_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/html; charset=utf-8")
    opening = dressed(head, Page.DOCUMENT, b"localhost:8443").opening
    for said in (
        b"default-src 'none'",
        b"script-src https://localhost:8443/people/passkey.js;",
        b"frame-ancestors 'none'",
        b"x-frame-options: DENY",
        b"base-uri 'none'",
    ):
        assert said in opening
    for never in (b"unsafe", b"'self' ", b"*", b"data:", b"sandbox"):
        assert never not in opening


@given(
    st.lists(
        st.sampled_from(["a=b", COOKIE, "__Host-bartizan-session=short", "x", "=", COOKIE.lower()]),
        max_size=5,
    )
)
def test_only_the_session_goes_on_to_a_page_and_only_one(pairs: list[str]) -> None:
    sent = {b"cookie": "; ".join(pairs).encode()}
    if sum(each.startswith("__Host-bartizan-session=") for each in pairs) > 1:
        with pytest.raises(Refusal) as fault:
            asked(sent)
        assert fault.value.reason == "field-value-refused"
    else:
        assert asked(sent) == (f"cookie: {COOKIE}\r\n".encode() if COOKIE in pairs else b"")


def test_every_dialect_but_our_own_has_no_page() -> None:
    others: list[Dialect] = [dialect for name, dialect in DIALECTS.items() if name != "control"]
    assert not [row for dialect in others for row in dialect.rows if row.page is not None]
