"""A streamed answer as one document: every text whole, wherever it was cut and whatever it was mixed with."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.exposed import exposed
from bartizan.app.judge.document import Change, HeldBack, changed, plain
from bartizan.app.judge.stream import joined
from bartizan.threats.parts import Json, parts_of

TEXTS = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3)


def openai(choice: int, text: str) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": choice, "delta": {"content": text}}]}


def anthropic(block: int, text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": block, "delta": {"type": "text_delta", "text": text}}


def arguments(call: int, text: str) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "delta": {"tool_calls": [{"index": call, "function": {"arguments": text}}]}}]
    }


@given(
    texts=TEXTS, made=st.sampled_from([openai, anthropic, arguments]), octets=st.booleans(), data=st.data()
)
def test_every_text_is_there_whole(
    texts: list[str], made: Callable[[int, str], dict[str, Any]], data: st.DataObject, *, octets: bool
) -> None:
    letters = [(at, letter) for at, text in enumerate(texts) for letter in text]
    order = data.draw(st.permutations([at for at, _ in letters]))
    rest = [list(text) for text in texts]
    pieces: list[object] = [made(at, rest[at].pop(0)) for at in order]
    if octets:
        sent = b"".join(b"event: x\ndata: %b\n\n" % msgspec.json.encode(piece) for piece in pieces)
        cut = data.draw(st.integers(1, len(sent)))
        pieces = [sent[at : at + cut] for at in range(0, len(sent), cut)]
    said = joined(pieces)
    assert isinstance(said, list)
    assert set(texts) <= {each for each in said if isinstance(each, str)}


@given(
    st.recursive(
        st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    )
)
def test_what_is_changed_is_changed_in_a_copy_and_nothing_else(document: Json) -> None:
    before = msgspec.json.encode(document)
    parts = [part for part in parts_of(document).parts if part.path[-1:] != ("*",)]
    new = changed(document, [Change(part.path, "…", "secret") for part in parts])
    assert msgspec.json.encode(document) == before
    assert {part.text for part in parts_of(new).parts if part.path[-1:] != ("*",)} <= {"…"}
    assert changed(document, []) is document


@pytest.mark.parametrize("path", [("a", "missing"), ("a", 7), ("b", 0), ("c",), ("a", "*")])
def test_a_change_that_cannot_be_made_holds_all_of_it_back(path: tuple[str | int, ...]) -> None:
    with pytest.raises(HeldBack):
        changed({"a": ["x"], "b": ("y",), "c": 1}, [Change(path, "…", "secret")])


@pytest.mark.parametrize("value", [object(), {"a": {1, object()}}, {"x": "\ud800"}, {object(): 1}])
def test_what_is_no_json_is_held_back(value: object) -> None:
    with pytest.raises(HeldBack):
        plain(value)


def test_the_sample_is_everybodys_where_there_are_verdicts_and_no_service() -> None:
    assert not any(each.drill_only for each in exposed(["sample", "control", "judge"]))
