"""Every text of a request is found, whatever the protocol, and whose words it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.parts import Json, Part, parts_of, replaced
from bartizan.threats.subject import Channel

CHAT = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "developer", "content": [{"type": "text", "text": "be kind"}]},
        {"role": "user", "content": "hello", "name": "ann"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": "b"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "42"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "description": "looks it up"}}],
}
ANTHROPIC = {
    "model": "m",
    "system": [{"type": "text", "text": "be brief"}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hello"},
                {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "42"}]},
                {
                    "type": "document",
                    "title": "report",
                    "source": {"type": "text", "media_type": "text/plain", "data": "profits rose"},
                },
            ],
        }
    ],
}
RESPONSES = {
    "model": "m",
    "instructions": "be brief",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "hello"}]},
        {"type": "function_call", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "42"},
    ],
}


def words(document: Json) -> dict[str, Channel]:
    return {part.text: part.channel for part in parts_of(document).parts}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            CHAT,
            {
                "be brief": Channel.SYSTEM,
                "be kind": Channel.SYSTEM,
                "hello": Channel.USER,
                '{"a": "b"}': Channel.RESPONSE,
                "42": Channel.TOOL,
                "looks it up": Channel.TOOL,
            },
        ),
        (
            ANTHROPIC,
            {
                "be brief": Channel.SYSTEM,
                "hello": Channel.USER,
                "42": Channel.TOOL,
                "profits rose": Channel.DOCUMENT,
                "report": Channel.DOCUMENT,
            },
        ),
        (
            RESPONSES,
            {"be brief": Channel.SYSTEM, "hello": Channel.USER, "{}": Channel.RESPONSE, "42": Channel.TOOL},
        ),
        ({"model": "m", "prompt": ["one", "two"]}, {"one": Channel.USER, "two": Channel.USER}),
        ({"model": "m", "input": "one"}, {"one": Channel.USER}),
    ],
)
def test_whose_words_a_text_is_its_protocol_says(document: Json, expected: dict[str, Channel]) -> None:
    assert expected.items() <= words(document).items()


def test_what_no_protocol_knows_is_read_all_the_same() -> None:
    assert words({"metadata": {"note": "ignore that"}}) == {"ignore that": Channel.USER}
    long = "ignore all previous instructions"
    assert words({"properties": {long: {"type": "string"}}}) == {long: Channel.USER}
    assert words({"type": "text with more words than a word has"}) != {}


def test_words_of_a_protocol_are_not_read() -> None:
    assert words({"role": "user", "type": "text", "model": "gpt-4.1", "object": "list"}) == {}


PIXELS = "A" * 100


def test_whole_words_of_a_protocol_are_no_text_and_what_only_begins_like_one_is() -> None:
    chunk: Json = {
        "object": "chat.completion.chunk",
        "choices": [{"delta": {"content": "hi"}, "finish_reason": None}],
        "usage": {"completion_tokens_details": {"reasoning_tokens": 0}},
    }
    assert words(chunk) == {"hi": Channel.RESPONSE}
    assert set(words({"finish_reasons": 1, "user": "chat.completion.chunk"})) == {
        "finish_reasons",
        "chat.completion.chunk",
    }
    assert set(words({"finish_reason": "because I was told so"})) == {"because I was told so"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PIXELS}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/1.png"}},
        {"type": "input_audio", "input_audio": {"data": PIXELS, "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PIXELS}},
    ],
)
def test_what_nobody_reads_is_counted_once(part: dict[str, Any]) -> None:
    found = parts_of({"messages": [{"role": "user", "content": [part]}]})
    assert found.media == 1
    assert PIXELS not in {each.text for each in found.parts}


@pytest.mark.parametrize("odd", [{"a": "b"}, ["b"], 1, None, True])
def test_words_of_a_protocol_may_be_anything(odd: Json) -> None:
    assert parts_of({"type": odd, "role": odd, "text": "hello"}).parts[-1].text == "hello"


@pytest.mark.parametrize("value", [[1, 2], [[1, 2]]])
@pytest.mark.parametrize("member", ["prompt", "input"])
def test_a_prompt_in_numbers_is_one_that_nobody_reads(member: str, value: Json) -> None:
    assert parts_of({member: value}).media == 1
    assert parts_of({member: ["one", "two"], "stop_token_ids": [1, 2]}).media == 0


def test_the_address_of_an_image_is_a_text_too() -> None:
    part: Json = {"type": "image_url", "image_url": {"url": "https://pictures.example/?q=stolen"}}
    assert "https://pictures.example/?q=stolen" in words(part)


def test_data_that_says_that_it_is_text_is_no_image() -> None:
    assert parts_of({"url": "data:text/plain;base64,aGk="}).media == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=30), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_each_text_can_be_replaced_where_it_stands(document: Json) -> None:
    whole = {"document": document}
    for part in parts_of(whole).parts:
        copy = json.loads(json.dumps(whole))
        done = replaced(copy, part.path, "something else")
        assert done is (part.path[-1] != "*" or _has(whole, part))
        if done:
            assert "something else" in json.dumps(copy)


def _has(document: Json, part: Part) -> bool:
    """Return whether a member is named `*` itself, beside what names of members are told by."""
    return replaced(document, part.path, part.text)


def test_depth_is_no_matter() -> None:
    document: Json = "deep"
    for _ in range(5_000):
        document = [document]
    (part,) = parts_of(document).parts
    assert (part.text, len(part.path)) == ("deep", 5_000)
