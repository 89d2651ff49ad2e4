"""What a collector is told: read by OpenTelemetry's own schema, span by span."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.traces.otlp import Place, Teller, known, rejected, request
from bartizan.traces.passage import Passage
from tests.traces.collector import CLIENT, SERVER, Told, read
from tests.traces.drawn import a_passage, passages

PLACES = {
    ("main", "main"): Place("openai", "api.example.com", 443),
    ("tools", "main"): Place("mcp", "t.example.com", 80),
}
TELLER = Teller("9.9", "a" * 32, tls=True, places=PLACES)


def told(passage: Passage) -> list[Told]:
    return read(request(TELLER, [passage]))


@pytest.mark.slow
@given(st.lists(passages, max_size=4))
def test_whatever_is_noted_is_told_in_a_form_that_the_schema_has(drawn: list[Passage]) -> None:
    places = {(each.service, each.target): Place("openai", "h", 1) for each in drawn}
    spans = read(request(Teller("1", "b" * 32, tls=False, places=places), drawn))
    assert len(spans) == sum(each.spans for each in drawn)
    assert all(span.start <= span.end for span in spans)
    assert {span.trace for span in spans} == {each.trace for each in drawn}


def test_a_chat_is_a_span_of_the_gateway_with_a_span_of_the_model_in_it() -> None:
    served, called = told(
        a_passage(parent="5" * 16, model="fast", stream=True, first=4_000_000, sent=1_001_000, started=1_000)
    )
    assert (served.kind, served.name, served.parent, served.span) == (SERVER, "POST chat", "5" * 16, "2" * 16)
    assert (called.kind, called.name, called.parent, called.span) == (CLIENT, "chat fast", "2" * 16, "3" * 16)
    assert served.flags == 0x301
    assert called.flags == 0x101
    assert not served.failed
    assert not called.failed
    assert served.attributes == {
        "http.request.method": "POST", "http.route": "chat", "http.response.status_code": 200, "url.scheme": "https",
        "network.protocol.version": "1.1", "enduser.pseudo.id": f"p-{'4' * 16}",
        "bartizan.request.id": f"q-{'3' * 16}", "bartizan.service": "main",
    }  # fmt: skip
    assert called.attributes == {
        "http.request.method": "POST", "http.response.status_code": 200, "bartizan.target": "main",
        "server.address": "api.example.com", "server.port": 443, "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai", "gen_ai.request.model": "fast", "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.003, "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
    }  # fmt: skip
    assert served.resource == {
        "service.name": "bartizan", "service.version": "9.9", "service.instance.id": "a" * 32,
    }  # fmt: skip


ENDS: list[tuple[dict[str, Any], bool, bool, str, str]] = [
    ({"status": 400, "reason": "field-unknown", "sent": 0}, False, False, "field-unknown", ""),
    ({"status": 499, "reason": "client-gone"}, False, True, "client-gone", "client-gone"),
    (
        {"status": 504, "reason": "upstream-timeout", "answered": 0},
        True,
        True,
        "upstream-timeout",
        "upstream-timeout",
    ),
    ({"status": 200, "reason": "upstream-closed"}, True, True, "upstream-closed", "upstream-closed"),
    ({"status": 429, "answered": 429}, False, True, "", "429"),
]


@pytest.mark.parametrize(("end", "ours", "theirs", "why", "their_why"), ENDS)
def test_who_failed_is_told(end: dict[str, Any], ours: bool, theirs: bool, why: str, their_why: str) -> None:  # noqa: FBT001
    """A refusal is no failure of the gateway; what a service answers with is the service's."""
    served, *called = told(a_passage(**end))
    assert served.failed is ours
    assert served.attributes.get("error.type", "") == why
    assert [each.failed for each in called] == [theirs] * len(called)
    assert [each.attributes.get("error.type", "") for each in called] == [their_why] * len(called)


def test_what_is_no_operation_of_a_model_has_nothing_of_one() -> None:
    served, called = told(a_passage(service="tools", operation="", route="mcp", tries=2))
    assert (served.name, called.name) == ("POST mcp", "POST")
    assert called.attributes["http.request.resend_count"] == 1
    assert not [key for key in called.attributes if key.startswith("gen_ai")]


def test_only_what_configuration_has_is_known() -> None:
    assert known(TELLER, a_passage())
    assert not known(TELLER, a_passage(target="other"))
    assert not known(TELLER, a_passage(service="other"))
    assert not known(TELLER, a_passage(target=""))
    assert known(TELLER, a_passage(target="", sent=0))
    assert not known(TELLER, a_passage(service="other", target="", sent=0))


@pytest.mark.parametrize(
    ("body", "spans"),
    [
        (b"", 0), (b"{}", 0), (b'{"partialSuccess":{}}', 0), (b'{"partialSuccess":{"rejectedSpans":"7"}}', 7),
        (b'{"partialSuccess":{"rejectedSpans":7,"errorMessage":"no"}}', 7),
        (b'{"partialSuccess":{"rejectedSpans":-7}}', 0),
    ],
)  # fmt: skip
def test_what_was_not_taken_is_read_off_the_answer(body: bytes, spans: int) -> None:
    assert rejected(body) == spans


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"partialSuccess":{"rejectedSpans":"x"}}', b"\xff", b'{"partialSuccess":1}']
)
def test_an_answer_of_another_form_is_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of several kinds
        rejected(body)
