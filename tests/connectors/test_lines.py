"""Formats of one line: whatever an entry holds, it is read back as it was, and cannot begin another line or field."""

import json
import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.connectors import cef, ecs, hec, leef, native, syslog
from bartizan.connectors.formats import LINES, goes_over
from bartizan.connectors.source import fields, severity
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome
from tests.connectors.drawn import SOURCE, entries

AT = 1_700_000_000_123_456_789
REFUSED = Entry(
    41,
    3,
    7,
    Event(
        AT,
        "gateway.request.refused",
        "a-0123456789abcdef",
        "q-fedcba9876543210",
        Outcome.DENIED,
        "gateway.request-strict",
        {"reason": "header-repeated", "status": 400},
    ),
)
Parse = Callable[[bytes], dict[str, str]]


def cef_read(line: bytes) -> dict[str, str]:
    """Read CEF as a receiver does: split at pipes and equals signs that nothing escapes."""
    *head, extension = re.split(r"(?<!\\)(?:\\\\)*\|", line.decode("ascii"), maxsplit=7)
    assert head[0] == "CEF:0"
    assert len(head) == 7
    pairs = re.findall(r"(?:^| )(\w+)=((?:[^\\=]|\\.)*?)(?=$| \w+=)", extension)
    return {key: re.sub(r"\\(.)", r"\1", value) for key, value in pairs}


def leef_read(line: bytes) -> dict[str, str]:
    """Read LEEF 2.0 as a receiver does: the delimiter is what its head says."""
    *head, delimiter, attributes = line.decode("ascii").split("|", 6)
    assert head[:3] == ["LEEF:2.0", "Bartizan", "Bartizan"]
    pairs = attributes.split(chr(int(delimiter.removeprefix("x"), 16)))
    return dict(pair.split("=", 1) for pair in pairs)


@given(entries())
def test_cef_is_read_back_whole(entry: Entry) -> None:
    found = cef_read(cef.encode(SOURCE, entry))
    for part, value in fields(entry).items():
        assert value == "" or found[cef._key(part)] == str(value), part
    assert len(found) == 2 + sum(value != "" for value in fields(entry).values())


@given(entries())
def test_leef_is_read_back_whole(entry: Entry) -> None:
    found = leef_read(leef.encode(SOURCE, entry))
    for part, value in fields(entry).items():
        assert value == "" or found[leef._KNOWN.get(part, part)] == str(value), part


@given(entries())
def test_json_and_ecs_and_hec_hold_the_whole_event(entry: Entry) -> None:
    event = msgspec.to_builtins(entry.event) | {
        "entry": entry.index,
        "segment": entry.segment,
        "sequence": entry.sequence,
    }
    ledger = {"ledger": SOURCE.ledger}
    assert json.loads(native.encode(SOURCE, entry)) == event | ledger
    assert json.loads(ecs.encode(SOURCE, entry))["bartizan"] == event | ledger
    assert json.loads(hec.encode(SOURCE, entry))["event"] == event


@given(entries(), st.sampled_from(sorted(LINES)))
def test_a_line_is_one_line_of_visible_characters(entry: Entry, kind: str) -> None:
    line = LINES[kind](SOURCE, entry).decode("ascii")
    assert line.replace("\t", "").isprintable()
    assert ("\t" in line) == (kind == "leef")


@given(entries(), entries(), st.sampled_from(sorted(LINES)))
def test_different_entries_are_different_lines(one: Entry, other: Entry, kind: str) -> None:
    assert (one == other) == (LINES[kind](SOURCE, one) == LINES[kind](SOURCE, other))


@given(st.text())
def test_no_text_ends_a_field_of_cef_or_leef_even_if_an_entry_could_hold_it(text: str) -> None:
    """Events cannot carry such a text; the escapes do not rest on that."""
    line = f"CEF:0|a|b|c|d|{cef.in_head(text)}|7|x={cef.in_extension(text)} y=1".encode("ascii")
    found = cef_read(line)
    assert found.keys() == {"x", "y"}
    assert found["y"] == "1"
    assert b"\n" not in line
    assert b"\r" not in line
    attributes = f"x={leef.in_value(text)}\ty=1"
    assert attributes.count("\t") == 1
    assert "\n" not in attributes
    assert "|" not in leef.in_head(text)


def test_what_a_siem_reads_of_a_refusal() -> None:
    assert cef.encode(SOURCE, REFUSED) == (
        b"CEF:0|Bartizan|Bartizan|9.9.0|gateway.request.refused|gateway request refused: denied|3|"
        b"rt=1700000000123 deviceExternalId=bartizan.local/0123456789abcdef externalId=41 bartizanSegment=3 "
        b"bartizanSequence=7 bartizanAt=1700000000123456789 cat=gateway.request.refused suid=a-0123456789abcdef "
        b"bartizanSubject=q-fedcba9876543210 outcome=denied bartizanControl=gateway.request-strict "
        b"bartizanDetailReason=header-repeated bartizanDetailStatus=400"
    )
    assert leef.encode(SOURCE, REFUSED).split(b"\t")[:4] == [
        b"LEEF:2.0|Bartizan|Bartizan|9.9.0|gateway.request.refused|x09|devTime=1700000000123",
        b"sev=3",
        b"ledger=bartizan.local/0123456789abcdef",
        b"entry=41",
    ]
    told = json.loads(ecs.encode(SOURCE, REFUSED))
    assert told["@timestamp"] == "2023-11-14T22:13:20.123456789Z"
    assert told["event"]["category"] == ["api", "web"]
    assert told["event"]["type"] == ["denied"]
    assert told["event"]["outcome"] == "failure"
    assert told["http"] == {"response": {"status_code": 400}}
    assert b'"time":1700000000.123456789}' in hec.encode(SOURCE, REFUSED)


@given(entries(), st.binary(max_size=100))
def test_a_message_of_syslog_has_the_head_that_it_should(entry: Entry, said: bytes) -> None:
    message = syslog.message(SOURCE, entry, said)
    found = re.match(
        rb"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z host-1 bartizan - ([!-~]{1,32}) "
        rb'\[origin software="bartizan" swVersion="9\.9\.0"\]\[meta sequenceId="(\d+)"\] ',
        message,
    )
    assert found is not None
    assert message[found.end() :] == said
    assert int(found[1]) >> 3 == 13
    assert (int(found[1]) & 7) == 7 - severity(entry.event).value
    assert 1 <= int(found[3]) < 2**31


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_a_stream_is_cut_where_it_was_joined_whatever_is_in_it(messages: list[bytes]) -> None:
    stream = b"".join(map(syslog.framed, messages))
    found = []
    while stream:
        length, _, stream = stream.partition(b" ")
        found.append(stream[: int(length)])
        stream = stream[int(length) :]
    assert found == messages


@pytest.mark.parametrize("host", ["", "two words", "a\nb", "ä", "x" * 300])
def test_an_odd_name_of_the_machine_stays_out_of_the_head(host: str) -> None:
    source = msgspec.structs.replace(SOURCE, host=host)
    name = syslog.message(source, REFUSED, b"").split(b" ")[2]
    assert name == (b"x" * 255 if host.startswith("x") else b"-")


def test_every_format_goes_over_something_and_none_over_what_it_cannot() -> None:
    assert goes_over("ocsf", "syslog+udp")
    assert goes_over("splunk", "https")
    assert not goes_over("splunk", "file")
    assert not goes_over("cef", "http")
    assert not goes_over("webhook", "nats")
