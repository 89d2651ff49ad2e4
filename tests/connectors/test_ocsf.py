"""Whatever is told in OCSF is what the schema says that its class is, and nothing of an entry is lost."""

import json
from typing import Any

import pytest
from hypothesis import given

from bartizan.connectors.ocsf import encode
from bartizan.connectors.ocsf_classes import API, AUTHENTICATION, BASE, DETECTION, LIFECYCLE, classify
from bartizan.connectors.source import fields
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.vocabulary import KINDS
from tests.connectors.drawn import SOURCE, entries
from tests.connectors.ocsf_schema import ARCHIVE, Schema, schema

AT = 1_700_000_000_123_456_789


@pytest.fixture(scope="module")
def ocsf() -> Schema:
    if not ARCHIVE.exists():
        pytest.skip("the public data sets are not here: ../shared/data/schemas")
    return schema()


def told(entry: Entry) -> dict[str, Any]:
    line = encode(SOURCE, entry)
    assert b"\n" not in line
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


@given(entries())
def test_every_entry_is_valid_and_whole(ocsf: Schema, entry: Entry) -> None:
    event = told(entry)
    assert ocsf.faults(event) == []
    assert event["unmapped"] == fields(entry)


def test_every_kind_is_valid_with_every_outcome_and_an_empty_subject(ocsf: Schema) -> None:
    for kind in KINDS:
        for outcome in Outcome:
            entry = Entry(0, 1, 0, Event(AT, kind, "platform", "", outcome))
            assert ocsf.faults(told(entry)) == [], (kind, outcome)


def test_a_validator_that_accepts_everything_would_be_noticed(ocsf: Schema) -> None:
    event = told(
        Entry(7, 1, 0, Event(AT, "gateway.request.refused", "a-0123456789abcdef", "", Outcome.DENIED))
    )
    assert ocsf.faults(event) == []
    for key, value, fault in (
        ("class_uid", 6099, "there is no class"),
        ("activity_id", 12, "is not one of"),
        ("type_uid", 1, "type_uid"),
        ("time", "now", "is no timestamp_t"),
        ("colour", "red", "is not in the schema"),
        ("src_endpoint", {}, "at_least_one"),
        ("api", {}, "lacks operation"),
        ("severity_id", True, "is no integer_t"),
    ):
        assert any(fault in one for one in ocsf.faults(event | {key: value})), key
    for key in ("actor", "api", "metadata", "severity_id", "src_endpoint", "time"):
        assert any(f"lacks {key}" in one for one in ocsf.faults({k: v for k, v in event.items() if k != key}))


@pytest.mark.parametrize(
    ("kind", "outcome", "uid"),
    [
        ("gateway.request.admitted", Outcome.ALLOWED, API),
        ("access.token.issued", Outcome.DONE, AUTHENTICATION),
        ("platform.process.died", Outcome.FAILED, LIFECYCLE),
        ("gateway.tool.changed", Outcome.FOUND, DETECTION),
        ("platform.connector.stalled", Outcome.FOUND, DETECTION),
        ("compliance.ledger.verified", Outcome.DONE, BASE),
    ],
)
def test_a_kind_is_of_the_class_that_fits(kind: str, outcome: Outcome, uid: int) -> None:
    assert classify(Event(AT, kind, "platform", "", outcome))[0] == uid


def test_what_was_found_and_is_cleared_opens_and_closes(ocsf: Schema) -> None:
    found, cleared = (
        told(Entry(3, 1, 0, Event(AT, "platform.connector.stalled", "platform", "siem", outcome)))
        for outcome in (Outcome.FOUND, Outcome.CLEARED)
    )
    assert (found["activity_id"], found["status_id"], found["severity_id"]) == (1, 1, 4)
    assert (cleared["activity_id"], cleared["status_id"], cleared["severity_id"]) == (3, 4, 1)
    assert found["resources"] == [{"uid": "siem"}]
    assert ocsf.faults(found) == []


def test_an_entry_has_the_same_id_whenever_it_is_told() -> None:
    event = told(Entry(41, 1, 0, Event(AT, "access.principal.revoked", "owner", "", Outcome.DONE)))
    assert event["metadata"]["uid"] == "bartizan.local/0123456789abcdef/41"
    assert event["metadata"]["sequence"] == 41
    assert event["time"] == AT // 1_000_000
