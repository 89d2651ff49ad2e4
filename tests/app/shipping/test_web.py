"""Requests reach their receivers in the form of each, and an answer means what it says."""

import base64
import json
from pathlib import Path

import pytest

from bartizan.app.shipping.outcome import Later, Refused, Taken
from bartizan.app.shipping.web import LONGEST_WAIT, Web, judged
from bartizan.clock import SetClock
from tests.app.shipping.ground import SOURCE
from tests.app.shipping.listeners import AT, at, entries, tls, web
from tests.connectors.test_requests import verified

KEY = b"0123456789abcdef0123456789abcdef"
WHSEC = "whsec_" + base64.b64encode(KEY).decode()
CLOCK = SetClock(AT)


def test_lines_of_json_arrive_over_tls_with_what_the_receiver_is_to_be_shown(tmp_path: Path) -> None:
    with web(context=tls(tmp_path)) as receiver:
        deliver = Web(
            at(receiver.port, "https", kind="ocsf", path="/in", credential="Bearer secret"), SOURCE, CLOCK
        )
        assert deliver(entries(3)) == Taken()
    ((path, headers, body),) = receiver.requests
    assert path == "/in"
    assert headers["authorization"] == "Bearer secret"
    assert headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["metadata"]["sequence"] for line in body.splitlines()] == [0, 1, 2]


def test_splunk_gets_its_token_and_says_itself_whether_it_took_them() -> None:
    answers = [b'{"text":"Success","code":0}', b'{"text":"Incorrect index","code":7}', b"<html>"]
    with web(lambda number: (200, {}, answers[number - 1])) as receiver:
        connector = at(
            receiver.port, "http", kind="splunk", path="/services/collector/event", credential="Splunk t"
        )
        deliver = Web(connector, SOURCE, CLOCK)
        assert [deliver(entries(1)) for _ in answers] == [
            Taken(),
            Refused("rejected"),
            Later("answer-malformed"),
        ]
    assert {headers["authorization"] for _, headers, _ in receiver.requests} == {"Splunk t"}


def test_a_collector_of_otlp_that_took_a_part_of_it_is_asked_again() -> None:
    answers = [b"{}", b'{"partialSuccess":{"rejectedLogRecords":"1"}}']
    with web(lambda number: (200, {}, answers[number - 1])) as receiver:
        deliver = Web(at(receiver.port, "http", kind="otlp", path="/v1/logs"), SOURCE, CLOCK)
        assert [deliver(entries(2)) for _ in answers] == [Taken(), Refused("rejected")]


def test_a_webhook_is_signed_for_its_receiver_and_the_key_stays_here() -> None:
    with web() as receiver:
        deliver = Web(
            at(receiver.port, "http", kind="webhook", path="/hook", credential=WHSEC), SOURCE, CLOCK
        )
        assert deliver(entries(2)) == Taken()
        assert deliver(entries(2)) == Taken()
    (_, headers, body), (_, again, _) = receiver.requests
    assert verified(headers, body, KEY)
    assert headers["webhook-id"] == again["webhook-id"]
    assert headers["webhook-timestamp"] == str(AT // 10**9)
    assert "authorization" not in headers
    assert WHSEC not in str(headers) + body.decode()


@pytest.mark.parametrize(
    ("status", "wait", "outcome"),
    [
        (200, "", Taken()),
        (204, "", Taken()),
        (302, "", Later("redirected")),
        (400, "", Refused("answered-400")),
        (401, "", Later("answered-401")),
        (404, "", Later("answered-404")),
        (413, "", Refused("answered-413")),
        (422, "", Refused("answered-422")),
        (429, "7", Later("answered-429", 7)),
        (503, "9999999999", Later("answered-503")),
        (503, "99999", Later("answered-503", LONGEST_WAIT)),
        (503, "-1", Later("answered-503")),
        (503, "\u0661", Later("answered-503")),
    ],
)
def test_a_status_means_taken_refused_or_later(status: int, wait: str, outcome: object) -> None:
    assert judged("json", status, b"", wait) == outcome


def test_of_an_answer_a_bounded_part_is_taken() -> None:
    with web(lambda _: (200, {}, b"x" * 100_000)) as receiver:
        assert Web(at(receiver.port, "http"), SOURCE, CLOCK)(entries(1)) == Later("answer-too-large")
