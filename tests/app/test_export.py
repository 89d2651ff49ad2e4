"""Handing traces over: what waits is bounded, what may be sent again is, and whatever is lost is counted."""

import ssl
import threading
from collections import Counter
from pathlib import Path

import pytest

from bartizan.app import export
from bartizan.app.export import Collector, Outbox, Outcome, Taken, judged
from bartizan.app.plan import Traces
from bartizan.app.shipping.outcome import Later, Refused
from bartizan.egress.http import Response
from bartizan.traces.otlp import Place, Teller
from bartizan.traces.passage import Passage
from tests.crypto.scene import files, papers
from tests.traces.collector import Answer, collecting
from tests.traces.drawn import a_passage

TELLER = Teller("9.9", "a" * 32, tls=True, places={("main", "main"): Place("openai", "api.example.com", 443)})


class Counting:
    """A collector's client, and what it counted."""

    def __init__(self, traces: Traces) -> None:
        self.counts: Counter[str] = Counter()
        self.closing = threading.Event()
        self.collector = Collector(TELLER, traces, self.count, self.closing)

    def count(self, word: str, spans: int) -> None:
        self.counts[word] += spans

    def hand_over(self, *passages: Passage) -> dict[str, int]:
        """Hand over, and return what came of it."""
        self.counts.clear()
        self.collector.hand_over(passages or (a_passage(),))
        return {word: spans for word, spans in self.counts.items() if spans}


def at(port: int, **more: object) -> Traces:
    known: dict[str, object] = {"allowed": (f"127.0.0.1:{port}",)} | more
    return Traces("127.0.0.1", port, tls=False, path="/v1/traces", **known)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(export, "_AGAIN_SECONDS", (0.0,) * 4)


def test_a_batch_arrives_whole_with_what_the_collector_is_to_be_shown() -> None:
    with collecting() as collector:
        found = Counting(at(collector.port, credential="Bearer secret")).hand_over(
            a_passage(), a_passage(sent=0)
        )
        assert found == {"": 3}
        assert len(collector.spans) == 3
        ((path, headers, _),) = collector.requests
    assert path == "/v1/traces"
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer secret"


def test_it_arrives_over_tls_where_the_collector_shows_who_it_is(tmp_path: Path) -> None:
    _, pair = files(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    with collecting(tls=context) as collector:
        trusted = papers().ca.decode()
        other = papers().chain.decode()
        for authorities, outcome in ((trusted, ""), (other, "certificate-refused")):
            traces = Traces(
                "localhost",
                collector.port,
                tls=True,
                path="/",
                allowed=("localhost",),
                authorities=authorities,
            )
            assert Counting(traces).hand_over() == {outcome: 2}
        assert len(collector.requests) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_be_sent_again_is_until_it_is_taken(status: int) -> None:
    with collecting(lambda number: Answer() if number == 3 else Answer(status)) as collector:
        assert Counting(at(collector.port)).hand_over() == {"": 2}
        assert len(collector.requests) == 3
        assert len({body for _, _, body in collector.requests}) == 1


def test_who_never_takes_it_is_asked_so_often_and_no_more() -> None:
    with collecting(lambda _: Answer(503)) as collector:
        assert Counting(at(collector.port)).hand_over() == {"503": 2}
        assert len(collector.requests) == 5


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413, 500])
def test_what_may_not_be_sent_again_is_not(status: int) -> None:
    with collecting(lambda _: Answer(status, headers={"location": "/elsewhere"})) as collector:
        assert Counting(at(collector.port)).hand_over() == {str(status): 2}
        assert len(collector.requests) == 1


def test_what_was_taken_in_part_is_counted_so_and_not_sent_again() -> None:
    partly = Answer(body=b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}')
    with collecting(lambda _: partly) as collector:
        assert Counting(at(collector.port)).hand_over() == {"": 1, "rejected": 1}
        assert len(collector.requests) == 1


def response(status: int, body: bytes = b"{}", **headers: str) -> Response:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status, pairs, body, "none")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (response(200), Taken()),
        (response(204, b""), Taken()),
        (response(200, b'{"partialSuccess":{"rejectedSpans":3}}'), Taken(3)),
        (response(200, b"<html>"), Refused("answer-malformed")),
        (response(200, b"[" * 60_000), Refused("answer-malformed")),
        (response(429, retry_after="7"), Later("429", 7)),
        (response(503, retry_after="86400"), Later("503", 30)),
        (response(503, retry_after="9" * 5000), Later("503")),
        (response(503, retry_after="-1"), Later("503")),
        (response(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), Later("503")),
        (response(500), Refused("500")),
        (response(307, location="http://elsewhere"), Refused("307")),
    ],
)
def test_an_answer_means_what_otlp_says(answer: Response, outcome: Outcome) -> None:
    assert judged(answer) == outcome


def test_a_platform_that_stops_tries_once_and_waits_for_nothing() -> None:
    with collecting(lambda _: Answer(503, headers={"retry-after": "30"})) as collector:
        counting = Counting(at(collector.port))
        counting.closing.set()
        assert counting.hand_over() == {"503": 2}
        assert len(collector.requests) == 1


def test_a_platform_that_stops_meanwhile_ends_the_waiting_with_one_last_try() -> None:
    asked = threading.Event()

    def says(number: int) -> Answer:
        asked.set()
        return Answer(503, headers={"retry-after": "30"}) if number == 1 else Answer()

    with collecting(says) as collector:
        counting = Counting(at(collector.port))
        sender = threading.Thread(target=counting.collector.hand_over, args=((a_passage(),),))
        sender.start()
        assert asked.wait(30)
        counting.closing.set()
        sender.join(30)
        assert not sender.is_alive()
        assert counting.counts[""] == 2


def test_what_waits_is_bounded_and_comes_out_in_order_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST", 5)
    monkeypatch.setattr(export, "BATCH", 3)
    monkeypatch.setattr(export, "_GATHERED_SECONDS", 0.0)
    outbox = Outbox()
    taken = [outbox.put(a_passage(tries=number)) for number in range(7)]
    assert taken == [True] * 5 + [False] * 2
    assert outbox.spans == 10
    assert [each.tries for each in outbox.take()] == [0, 1, 2]
    assert [each.tries for each in outbox.take()] == [3, 4]
    assert outbox.spans == 0
    outbox.close()
    assert outbox.take() == []
