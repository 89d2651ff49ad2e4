"""What goes through the pipe: a passage comes out as it went in, and nothing else comes out."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.traces.passage import LONGEST, Passage, line, passage
from tests.traces.drawn import a_passage, passages


@given(passages)
def test_a_passage_comes_out_as_it_went_in_on_one_line_that_a_pipe_takes_whole(drawn: Passage) -> None:
    octets = line(drawn)
    assert octets.endswith(b"\n")
    assert octets.count(b"\n") == 1
    assert len(octets) <= LONGEST
    assert passage(octets[:-1]) == drawn


def test_the_longest_passage_fits() -> None:
    """Also one whose model is of characters that JSON escapes."""
    word, most = "w" * 63, 2**62
    words = dict.fromkeys(("service", "target", "route", "reason", "control"), word)
    numbers = dict.fromkeys(("started", "sent", "ended", "first", "tries", "input", "output"), most)
    octets = line(
        a_passage(**words, **numbers, parent="5" * 16, model='"' * 256, operation="text_completion")
    )
    assert passage(octets[:-1]) is not None
    assert len(octets) < LONGEST


@given(st.binary(max_size=600))
def test_octets_that_are_no_passage_are_none(octets: bytes) -> None:
    assert passage(octets) is None


FIELDS = tuple(Passage.__struct_fields__)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trace", "0" * 32), ("trace", "A" * 32), ("trace", "1" * 31), ("trace", 5), ("parent", "0" * 16),
        ("span", ""), ("call", "3" * 16 + "\n"), ("who", "anonymous"), ("who", "user.owner"),
        ("service", "Main"), ("service", "a b"), ("target", "x" * 64), ("route", ""), ("operation", "train"),
        ("method", "BREW"), ("minor", 2), ("model", "m\n"), ("model", "é"), ("model", "m" * 257), ("stream", 1),
        ("status", 99), ("status", True), ("answered", -1), ("reason", "because you said so"), ("control", "c\n"),
        ("started", -1), ("sent", 2**62 + 1), ("ended", 1.5), ("first", None), ("tries", "1"), ("input", -3),
    ],
)  # fmt: skip
def test_a_field_of_another_form_is_not_taken(field: str, value: object) -> None:
    told: list[object] = json.loads(line(a_passage()))
    told[FIELDS.index(field)] = value
    assert passage(json.dumps(told).encode()) is None


def test_more_or_fewer_fields_are_not_taken() -> None:
    told: list[object] = json.loads(line(a_passage()))
    assert passage(msgspec.json.encode(told)) == a_passage()
    assert passage(msgspec.json.encode([*told, 1])) is None
    assert passage(msgspec.json.encode(told[:-1])) is None
    assert passage(b"[" * LONGEST) is None
