"""Whoever writes a link to our sign-in that is to lead elsewhere, or put words or markup of theirs on our page."""

from pathlib import Path

import pytest

from bartizan.gateway.answer_head import read_answer
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.page import Page, dressed
from tests.console.scene import standing

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/people/../evil",
    "javascript:alert(1)",
    "account\r\nx: y",
    "%2f%2fevil",
]


@pytest.mark.parametrize("way", ELSEWHERE)
def test_signing_in_leads_nowhere_else(way: str, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        answer = scene.send(
            "/people/sign-in", "", credential=scene.soft["ada"].get(scene.people.options()), next=way
        )
        assert answer.way == "/people"
        assert "evil" not in scene.page("/people/sign-in?next=//evil.example").body


@pytest.mark.parametrize(
    "way",
    ["https://evil.example", "//evil.example", "/people//evil", "/v1/models", "/people/%2e", "/people?x=//y"],
)
def test_the_gateway_passes_on_no_other_way(way: str) -> None:
    head = read_answer(b"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: " + way.encode())
    with pytest.raises(FramingDoubt):
        dressed(head, Page.DOCUMENT, b"localhost:8443")


def test_what_a_link_says_never_becomes_part_of_a_page(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        for path in ("sign-in?said=", "recover?said=", "sign-in?next=", "link?token="):
            body = scene.page(
                f"/people/{path}%3Cscript%3Ealert(1)%3C/script%3E%22%20autofocus%20onfocus=%22x"
            ).body
            assert "<script>" not in body
            assert "onfocus" not in body.replace("&quot; autofocus onfocus=&quot;x", "")
