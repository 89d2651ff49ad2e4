"""An event holds ids, digests and words of closed vocabularies; nothing else can be put into one."""

import re

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bartizan.ledger.event import (
    ACTOR,
    Event,
    NotAnEvent,
    Outcome,
    decode,
    encode,
)
from bartizan.ledger.forms import NAME, Form, fits
from bartizan.ledger.grammar import columns
from bartizan.ledger.vocabulary import KINDS
from tests.ledger.drawn import events

FIELDS = [(kind, field, form) for kind, fields in KINDS.items() for field, form in fields.items()]


@given(events())
def test_an_event_survives_its_canonical_bytes(event: Event) -> None:
    body = encode(event)
    assert decode(body) == event
    assert encode(decode(body)) == body
    assert b"\n" not in body


@given(events())
def test_the_canonical_bytes_are_sorted_json_without_white_space(event: Event) -> None:
    body = encode(event)
    plain = msgspec.json.decode(body)
    assert msgspec.json.encode(plain, order="deterministic") == body
    assert list(plain) == sorted(plain)
    assert re.search(rb'[\s.](?=[^"]*(?:"[^"]*"[^"]*)*$)', body) is None


@pytest.mark.parametrize(("kind", "field", "form"), FIELDS)
@settings(max_examples=20)  # for each of the fields
@given(data=st.data())
def test_no_field_takes_free_text(kind: str, field: str, form: Form, data: st.DataObject) -> None:
    text = data.draw(st.text() | st.text(alphabet="Pay 1 <>/:@\"'\n", min_size=1))
    if NAME.fullmatch(text):
        text = text.upper() + " "
    assert not fits(form, text)
    with pytest.raises(NotAnEvent) as fault:
        Event(0, kind, "platform", "", Outcome.DONE, "", {field: text})
    assert fault.value.fault == "a field of the detail is not of its form"  # and not the value itself


@pytest.mark.parametrize(("kind", "field", "form"), FIELDS)
@pytest.mark.parametrize("wrong", [-1, 2**53, 1.0, True, None, [], {}, b"x"], ids=repr)
def test_no_field_takes_another_type(kind: str, field: str, form: Form, wrong: object) -> None:
    assert not fits(form, wrong)
    with pytest.raises(NotAnEvent):
        Event(0, kind, "platform", "", Outcome.DONE, "", {field: wrong})  # type: ignore[dict-item]  # on purpose


@given(st.text(min_size=1))
def test_no_part_takes_free_text(text: str) -> None:
    if NAME.fullmatch(text) or ACTOR.fullmatch(text):
        text += " "
    good: tuple[object, ...] = (0, "access.principal.revoked", "owner", "", Outcome.DONE, "", {})
    for place in (1, 2, 3, 5):
        parts = [*good]
        parts[place] = text
        with pytest.raises(NotAnEvent):
            Event(*parts)  # type: ignore[arg-type]  # one part is wrong on purpose


@pytest.mark.parametrize(
    "parts",
    [
        (-1, "access.principal.revoked", "owner", "", Outcome.DONE),
        (2**63, "access.principal.revoked", "owner", "", Outcome.DONE),
        (1.5, "access.principal.revoked", "owner", "", Outcome.DONE),
        (0, "access.principal.revoked", "owner", "", "done"),
        (0, ["access"], "owner", "", Outcome.DONE),
        (0, "access.principal.revoked", None, "", Outcome.DONE),
        (0, "access.principal.revoked", "owner", [], Outcome.DONE),
        (0, "access.principal.revoked", "owner", "", Outcome.DONE, "", {"note": "x"}),
        (0, "access.principal.revoked", "owner", "", Outcome.DONE, "", None),
    ],
)
def test_what_is_no_event_does_not_construct(parts: tuple[object, ...]) -> None:
    with pytest.raises(NotAnEvent):
        Event(*parts)  # type: ignore[arg-type]  # wrong on purpose


@given(st.binary(max_size=300))
@example(b'{"kind":"\x80"}')
@example(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
def test_whatever_is_no_event_is_refused(octets: bytes) -> None:
    with pytest.raises(NotAnEvent):
        decode(octets)
    assert len(columns([octets])) == 0


@given(events(), st.data())
def test_another_spelling_of_an_event_is_refused(event: Event, data: st.DataObject) -> None:
    body = encode(event)
    at = data.draw(st.integers(0, len(body)))
    for spelt in (body[:at] + b" " + body[at:], body + b"\n", body.replace(b'"at":', b'"at":0', 1)):
        with pytest.raises(NotAnEvent):
            decode(spelt)
        assert len(columns([spelt])) == 0
