"""Whoever writes a link to our sign-in that is to lead elsewhere, or put words or markup of theirs on our page."""

from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from bartizan.console.questions import signed_in
from bartizan.gateway.answer_head import AnswerHead, read_answer
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.page import Page, dressed
from tests.console.scene import HERE, standing

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/people/../evil",
    "javascript:alert(1)",
    "account\r\nx: y",
    "%2f%2fevil",
]


def led(way: str) -> AnswerHead:
    """Return the head of an answer of ours that leads a browser there."""
    return read_answer(b"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: " + way.encode())


@pytest.mark.parametrize("way", ELSEWHERE)
def test_signing_in_leads_nowhere_else(way: str, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        answer = scene.send(
            "/people/sign-in", "", credential=scene.soft["ada"].get(scene.people.options()), next=way
        )
        assert answer.way == "/people"
        assert "evil" not in scene.page("/people/sign-in?next=//evil.example").body


CLIENT, REQUEST = "c1", "urn:ietf:params:oauth:request_uri:abc_-1"


@pytest.mark.parametrize(
    ("client", "request_uri"),
    [
        (CLIENT, "https://evil.example"),
        (CLIENT, "//evil.example"),
        (CLIENT, "urn:x&redirect_uri=https://evil.example"),
        (CLIENT, "urn:x#evil"),
        (CLIENT, "urn:x\r\nx: y"),
        (CLIENT, "urn:" + "x" * 3000),
        (CLIENT, ""),
        ("c1&request_uri=urn:evil", REQUEST),
        ("", REQUEST),
    ],
)
def test_a_question_that_is_none_leads_to_ones_own_account(
    client: str, request_uri: str, tmp_path: Path
) -> None:
    with standing(tmp_path) as scene:
        answer = scene.send(
            "/people/sign-in",
            "",
            credential=scene.soft["ada"].get(scene.people.options()),
            next="consent",
            client_id=client,
            request_uri=request_uri,
        )
        assert answer.way == "/people"


def test_a_question_leads_to_itself_and_is_kept_where_a_sign_in_fails(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        asked: dict[str, str] = {"next": "consent", "client_id": CLIENT, "request_uri": REQUEST}
        page = scene.page(f"/people/sign-in?{urlencode(asked)}").body
        assert f'name="request_uri" value="{REQUEST}"' in page
        wrong = scene.send("/people/sign-in", "", HERE, credential="{}", **asked)
        assert wrong.way == f"/people/sign-in?{urlencode(asked)}&said=credential-malformed"
        right = scene.soft["ada"].get(scene.people.options())
        answer = scene.send("/people/sign-in", "", HERE, credential=right, **asked)
        assert answer.way == f"/oauth/authorize?client_id={CLIENT}&request_uri={quote(REQUEST)}"
        for way, page_of in (
            (wrong.way, Page.LEADING),
            (answer.way, Page.LEADING),
            (wrong.way, Page.CONSENT),
        ):
            dressed(led(way), page_of, b"localhost:8443")


def test_who_came_by_a_link_or_is_nobody_is_asked_by_no_application(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.linked("ada")
        assert signed_in(scene.people, cookie) is None
        assert signed_in(scene.people, "") is None
        found = signed_in(scene.people, scene.signed_in("ada"))
        assert found is not None
        assert (found.principal, found.acr) == ("user.ada", "passkey-device-bound")


APPLICATIONS = [
    "https://shop.example/back?code=a%2Bb&iss=x",
    "http://127.0.0.1:4711/back?code=x",
    "http://[::1]:4711/back",
]


@pytest.mark.parametrize("way", APPLICATIONS)
def test_an_applications_address_is_led_to_by_questions_alone(way: str) -> None:
    dressed(led(way), Page.CONSENT, b"localhost:8443")
    for page in (Page.DOCUMENT, Page.LEADING):
        with pytest.raises(FramingDoubt):
            dressed(led(way), page, b"localhost:8443")


@pytest.mark.parametrize(
    "way",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://evil.example/",
        "//evil.example",
        "https://a b/",
        "file:///etc",
        "com.example.app:/back",
    ],
)
def test_a_question_leads_to_no_address_that_no_application_can_have(way: str) -> None:
    with pytest.raises(FramingDoubt):
        dressed(led(way), Page.CONSENT, b"localhost:8443")


def test_a_question_sets_no_cookie() -> None:
    cookie = "__Host-bartizan-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"
    said = f"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: /people\r\nSet-Cookie: {cookie}"
    dressed(read_answer(said.encode()), Page.DOCUMENT, b"localhost:8443")
    with pytest.raises(FramingDoubt):
        dressed(read_answer(said.encode()), Page.CONSENT, b"localhost:8443")


@pytest.mark.parametrize(
    "way",
    [
        "https://evil.example",
        "//evil.example",
        "/people//evil",
        "/v1/models",
        "/people/%2e",
        "/people?x=//y",
        "/oauth/authorize?x=y",
        "/oauth/authorize?client_id=c&request_uri=https%3A%2F%2Fevil.example",
    ],
)
def test_the_gateway_passes_on_no_other_way(way: str) -> None:
    for page in (Page.DOCUMENT, Page.LEADING):
        with pytest.raises(FramingDoubt):
            dressed(led(way), page, b"localhost:8443")


def test_what_a_link_says_never_becomes_part_of_a_page(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        for path in ("sign-in?said=", "recover?said=", "sign-in?next=", "link?token="):
            body = scene.page(
                f"/people/{path}%3Cscript%3Ealert(1)%3C/script%3E%22%20autofocus%20onfocus=%22x"
            ).body
            assert "<script>" not in body
            assert "onfocus" not in body.replace("&quot; autofocus onfocus=&quot;x", "")
