"""The page of an evaluation: it loads nothing, runs nothing, and shows hostile names as text."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from bartizan.console.evaluation import page
from bartizan.threats.evaluation.report import Asked, Report
from bartizan.threats.evaluation.tally import Count, Row

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
ASKED = Asked("set.csv", "ab" * 32, 50, 40, 0, 0, 50, 7, 8, 512, {"direct": "the request as it is"})


def count(way: str, hits: int, name: str = "fraud") -> Count:
    row = Row("direct", 50, hits)
    return Count(
        way=way,
        attacks=(row,),
        any=Row("any attack", 50, hits),
        categories=(Row(name, 50, hits),),
        matrix={name: (row,)},
        refused=Row("over-refusal", 40, 3),
        copied=Row("copyright", 0, 0),
        words={"complied": hits},
    )


REPORT = Report("chat", "m", 1, 2, "proxy", "", 10, ASKED, (count("direct", 20), count("gateway", 4)), {})


class Seen(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def shown(**more: Any) -> str:  # noqa: ANN401 - fields of a report
    return page(msgspec.structs.replace(REPORT, **more)).decode()


@pytest.mark.parametrize("field", ["service", "model", "judging"])
def test_a_hostile_name_is_text(field: str) -> None:
    found = shown(
        **{field: HOSTILE}, judge="endpoint", counts=(count("gateway", 4, HOSTILE),), faults={HOSTILE: 1}
    )
    assert "<script" not in found
    assert "<img" not in found
    assert "&lt;script&gt;" in found


def test_it_loads_nothing_and_says_so_to_the_browser() -> None:
    text = shown()
    elements = Seen(text).elements
    assert not {name for name, _ in elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "base",
        "form",
        "a",
    }
    for name, attributes in elements:
        assert not {"src", "href", "style", "action"} & attributes.keys(), name
        assert not [each for each in attributes if each.startswith("on")], name
    assert "url(" not in text
    assert "@import" not in text
    (policy,) = [each["content"] for name, each in elements if name == "meta" and each.get("http-equiv")]
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_figures_stand_with_their_limits_and_what_they_are_a_share_of() -> None:
    text = shown()
    assert "4 of 50, 95 % 3.2 % to 18.8 %" in text
    assert "within the ceiling of 10 %" in text
    assert "above the ceiling of 10 %" in shown(counts=(count("gateway", 6),))
    assert len(re.findall("judged by the proxy", text)) == 3


def test_what_is_not_whole_says_that_it_proves_nothing() -> None:
    open_ = msgspec.structs.replace(count("gateway", 1), attacks=(Row("direct", 40, 1, 10),))
    assert "proves nothing" in shown(counts=(open_,), faults={"status 500": 10})
    assert "proves nothing" not in shown()


def test_every_picture_says_in_words_what_it_shows() -> None:
    pictures = [each for name, each in Seen(shown()).elements if name == "svg"]
    assert pictures
    assert all(each["role"] == "img" and each["aria-label"] for each in pictures)
