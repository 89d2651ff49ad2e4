"""Marks of sessions: who has which, where they are planted, and that nothing else of a request changes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import DAY, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.gateway.canary import Canaries, with_canary
from bartizan.text.mark import planted, unplanted
from tests.gateway.scene import Person

WHO = Person("workload.one", "p-1", b"", "c-1")
NOON = Nanoseconds(20_000 * DAY + DAY // 2)
CANARIES = Canaries(Secret(b"k" * 32))
WORD, BEFORE = CANARIES.of("assistant", WHO, NOON)


def test_a_session_has_one_mark_for_a_day_and_the_next_day_knows_it() -> None:
    assert CANARIES.of("assistant", WHO, Nanoseconds(NOON + DAY // 2 - 1)) == (WORD, BEFORE)
    assert CANARIES.of("assistant", WHO, Nanoseconds(NOON + DAY // 2))[1] == WORD
    assert Canaries(Secret(b"k" * 32)).of("assistant", WHO, NOON) == (WORD, BEFORE)  # another worker


@pytest.mark.parametrize(
    ("canaries", "service", "who"),
    [
        (Canaries(Secret(b"l" * 32)), "assistant", WHO),
        (CANARIES, "other", WHO),
        (CANARIES, "assistant", Person("workload.two", "p-1", b"", "c-1")),
        (CANARIES, "assistant", Person("workload.one", "p-1", b"", "c-2")),
    ],
)
def test_nobody_else_has_it(canaries: Canaries, service: str, who: Person) -> None:
    assert {WORD, BEFORE}.isdisjoint(canaries.of(service, who, NOON))


def encoded(document: Any) -> bytes:  # noqa: ANN401
    return json.dumps(document, separators=(",", ":")).encode()


SAID = "Be kind."
MARKED = planted(SAID, WORD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"messages": [{"role": "system", "content": SAID}, {"role": "user", "content": SAID}]},
            {"messages": [{"role": "system", "content": MARKED}, {"role": "user", "content": SAID}]},
        ),
        (
            {"messages": [{"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": SAID}]}]},
            {"messages": [{"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": MARKED}]}]},
        ),
        ({"system": SAID, "messages": []}, {"system": MARKED, "messages": []}),
        (
            {"system": [{"type": "text", "text": SAID, "cache_control": {"type": "ephemeral"}}]},
            {"system": [{"type": "text", "text": MARKED, "cache_control": {"type": "ephemeral"}}]},
        ),
        ({"instructions": SAID, "input": "hi"}, {"instructions": MARKED, "input": "hi"}),
        (
            {"input": [{"role": "system", "content": [{"type": "input_text", "text": SAID}]}]},
            {"input": [{"role": "system", "content": [{"type": "input_text", "text": MARKED}]}]},
        ),
    ],
)  # fmt: skip
def test_each_protocols_system_prompt_ends_with_the_mark(before: Any, after: Any) -> None:  # noqa: ANN401
    assert json.loads(with_canary(encoded(before), WORD)) == after
    assert with_canary(with_canary(encoded(before), BEFORE), WORD) == with_canary(encoded(before), WORD)


@pytest.mark.parametrize(
    "document",
    [
        {"messages": [{"role": "user", "content": SAID}]},
        {"messages": [{"role": "assistant", "content": SAID}, {"role": "tool", "content": [{"text": SAID}]}]},
        {"input": ["a", "b"]},
        {"input": [[1, 2], [3]]},
        {"prompt": SAID},
        {"system": "", "instructions": None, "messages": {}},
        {"system": [{"type": "text", "text": ""}]},
        {"system": [{"type": "image", "text": "a"}]},
        {"messages": [{"role": "system"}, {"role": "system", "content": None}, 3, "x"]},
        [],
        "system",
    ],
)
def test_where_there_is_no_system_prompt_nothing_changes(document: Any) -> None:  # noqa: ANN401
    assert with_canary(encoded(document), WORD) == encoded(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "developer", "tool"]), "content": JSON}
    ),
    max_size=4,
)


@given(st.fixed_dictionaries({"messages": MESSAGES, "more": JSON}))
def test_nothing_else_of_a_request_changes(document: Any) -> None:  # noqa: ANN401
    """Numbers and escapes included: what is no system prompt stays, octet for octet."""
    octets = encoded(document)
    marked = with_canary(octets, WORD)
    assert b'"more":%b' % encoded(document["more"]) in marked
    assert _clean(json.loads(marked)) == document


def _clean(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return unplanted(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return {name: _clean(each) for name, each in value.items()} if isinstance(value, dict) else value


def test_a_number_that_no_float_holds_stays_as_it_is() -> None:
    octets = b'{"n":1.10,"m":123456789012345678901234567890,"system":"a"}'
    assert with_canary(octets, WORD).startswith(b'{"n":1.10,"m":123456789012345678901234567890,"system":"a')


def test_no_key_and_no_mark_is_shown() -> None:
    assert WORD not in repr(CANARIES)
