"""Tools are pinned by all that they say of themselves; one that was ever listed otherwise is not used any more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import TOOLS, TOOLS_LISTED
from bartizan.gateway.controls import tool_trusted
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.tools import ToolBook, digest, is_destructive
from bartizan.gateway.service import ServiceTools
from tests.gateway.tools import DESTROYS, READS, tool

PAGES = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y"])), max_size=3),
    min_size=1,
    max_size=5,
)


def kept(book: ToolBook, *tools: Any, may: str = "abc") -> list[str]:  # noqa: ANN401 - JSON
    return [each["name"] for each in book.kept(list(tools), lambda name: name in may)]


def reason(book: ToolBook, name: str) -> str:
    found = tool_trusted.judge(book.facts(name))
    return found[0].reason if found else ""


@given(PAGES)
def test_no_client_gets_two_descriptions_of_one_tool_and_every_change_is_found_once(
    pages: list[list[tuple[str, str]]],
) -> None:
    book = ToolBook(ServiceTools())
    got: dict[str, set[str]] = {}
    for page in pages:
        tools = [tool(name, said) for name, said in page]
        for each in book.kept(tools, lambda _name: True):
            got.setdefault(each["name"], set()).add(each["description"])
    assert all(len(said) == 1 for said in got.values())
    listed = {name: {said for page in pages for each, said in page if each == name} for name in "ab"}
    changed = {name for name, said in listed.items() if len(said) > 1}
    found = book.take_found()
    assert len([one for one in found if one.before]) == len(changed)
    assert len([one for one in found if not one.before]) == len([said for said in listed.values() if said])
    assert {name for name in "ab" if reason(book, name) == "tool-changed"} == changed


@pytest.mark.parametrize(
    "other",
    [
        tool("a", "e"),
        tool("a", annotations=DESTROYS),
        tool("a") | {"title": "t"},
        tool("a") | {"_meta": {"x": 1}},
        tool("a") | {"inputSchema": {"type": "object", "properties": {"x": {"description": "poison"}}}},
    ],
)
def test_a_pin_is_over_all_that_a_tool_says(other: dict[str, Any]) -> None:
    assert digest(other) != digest(tool("a"))
    assert digest(dict(reversed(list(tool("a").items())))) == digest(tool("a"))


def test_the_operators_pin_stands_before_the_first_list() -> None:
    book = ToolBook(ServiceTools(pins={"a": (digest(tool("a")),), "b": (digest(tool("b")),)}))
    assert kept(book, tool("a"), tool("b", "other")) == ["a"]
    (found,) = book.take_found()
    assert (found.before, found.after) == (digest(tool("b")), digest(tool("b", "other")))
    assert (reason(book, "a"), reason(book, "b"), reason(book, "c")) == ("", "tool-changed", "tool-unlisted")


def test_where_every_tool_must_be_pinned_others_are_left_out() -> None:
    book = ToolBook(ServiceTools(pins={"a": (digest(tool("a")),)}, required=True))
    assert kept(book, tool("a"), tool("b")) == ["a"]
    assert reason(book, "b") == "tool-unpinned"


def test_who_may_not_call_a_tool_does_not_see_it_and_it_is_pinned_all_the_same() -> None:
    book = ToolBook(ServiceTools())
    assert kept(book, tool("a"), tool("b"), may="a") == ["a"]
    assert kept(book, tool("a"), tool("b", "other")) == ["a"]


@pytest.mark.parametrize(
    ("annotations", "destructive"),
    [
        (None, False),
        (READS, False),
        (DESTROYS, True),
        ({}, True),
        ({"title": "t"}, True),
        ({"title": "t", "readOnlyHint": True, "idempotentHint": True, "openWorldHint": False}, False),
        ({"readOnlyHint": False}, True),
        ({"destructiveHint": False}, False),
        ({"readOnlyHint": True, "destructiveHint": True}, True),
        ({"readOnlyHint": "true"}, True),
        ({"readOnlyHint": True, "DestructiveHint": True}, True),
        ({"readOnlyHint": True, "Title": "t"}, True),
    ],
)
def test_a_tool_is_marked_by_the_protocols_word(annotations: object, destructive: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_destructive(tool("a", annotations=annotations)) is destructive
    book = ToolBook(ServiceTools())
    kept(book, tool("a", annotations=annotations))
    assert reason(book, "a") == ("approval-needed" if destructive else "")


@pytest.mark.parametrize(
    "other",
    [
        5,
        [],
        {},
        {"name": 5},
        {"name": ""},
        {"name": "а"},  # noqa: RUF001 - a Cyrillic letter
        {"name": "a", "Description": "poison"},
        {"name": "a", "NAME": "b"},
        {"name": "a" * 129},
    ],
)
def test_what_is_no_tool_that_all_clients_read_alike_is_left_out(other: object) -> None:
    assert kept(ToolBook(ServiceTools()), other, tool("b")) == ["b"]


def test_tools_are_bounded_and_those_beyond_are_not_called() -> None:
    book = ToolBook(ServiceTools())
    with pytest.raises(FramingDoubt):
        book.kept([tool("a")] * (TOOLS_LISTED + 1), lambda _name: True)
    for start in range(0, TOOLS + TOOLS_LISTED, TOOLS_LISTED):
        book.kept([tool(f"t{start + at}") for at in range(TOOLS_LISTED)], lambda _name: True)
    assert reason(book, f"t{TOOLS - 1}") == ""
    assert reason(book, f"t{TOOLS}") == "tool-unlisted"
