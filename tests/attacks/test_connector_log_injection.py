"""Whoever can choose words that are recorded cannot write a line, a field or a message of a receiver's log."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.connectors import syslog, webhook
from bartizan.connectors.findings import DocumentRefused, rows, subject
from bartizan.connectors.formats import LINES
from bartizan.connectors.sarif import read
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, NotAnEvent, Outcome
from tests.connectors.drawn import SOURCE

WORDS = (
    "x\nCEF:0|Bartizan|Bartizan|1|forged|forged|10|",
    "x\r\n<0>1 - - - - - - forged",
    "x|10|outcome=allowed",
    "x\tusrName=owner",
    'x","outcome":"allowed',
    "${jndi:ldap://a.example.com/}",
    "\x1b[2K\x1b[1A",
    "x = 1 suid=owner",
    "\u2028forged",
    "a" * 5000,
)
"""What has been written into logs by those who should not."""


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("field", ["actor", "subject", "control"])
def test_no_event_can_be_made_of_them(words: str, field: str) -> None:
    parts = {"actor": "owner", "subject": "", "control": ""} | {field: words}
    with pytest.raises(NotAnEvent):
        Event(0, "access.token.refused", parts["actor"], parts["subject"], Outcome.DENIED, parts["control"])
    with pytest.raises(NotAnEvent):
        Event(0, "access.token.refused", "owner", "", Outcome.DENIED, "", {"reason": words})


@given(st.sampled_from(WORDS) | st.text(max_size=50), st.sampled_from(WORDS) | st.text(max_size=50))
def test_a_foreign_document_writes_no_line_and_no_field(tool: str, rule: str) -> None:
    """An import is the one way by which somebody else's words come near the record."""
    driver = {"name": tool}
    log = {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [{"ruleId": rule, "message": {"text": rule}}]}],
    }
    octets = json.dumps(log).encode()
    try:
        found = rows("sarif", octets, read(octets))
    except DocumentRefused:
        return
    for row in found:
        event = Event(
            0, "threats.finding.imported", "owner", subject("sarif", octets), Outcome.FOUND, "", row.detail
        )
        for encode in LINES.values():
            line = encode(SOURCE, Entry(1, 1, 1, event))
            assert line.replace(b"\t", b"").decode("ascii").isprintable()
            assert b"CEF:0" not in line[1:]
            assert b"jndi:" not in line
            framed = syslog.framed(syslog.message(SOURCE, Entry(1, 1, 1, event), line))
            length, _, message = framed.partition(b" ")
            assert int(length) == len(message)


def test_no_key_of_a_webhook_is_in_what_it_signs() -> None:
    key = b"k" * 32
    event = Event(0, "access.principal.revoked", "owner", "", Outcome.DONE)
    identity, body = webhook.request(SOURCE, [Entry(1, 1, 1, event)])
    told = str(webhook.signed(key, identity, 0, body)) + body.decode()
    assert base64.b64encode(key).decode() not in told
    assert key.decode() not in told
