"""Handing traces to a collector: in batches, one request at a time, for so long and no longer.

Rules of this file: what waits is bounded, and what there is no room for is dropped and counted. A collector is a
stranger: of its answer a bounded part is taken, for a bounded time, and nothing of its text is repeated. What may be
sent again is what OTLP says may be; everything else is dropped and counted under a word for the fault.
Source: OTLP specification 1.9, OTLP/HTTP Response; OpenTelemetry semantic conventions for SDK metrics.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from bartizan.app.plan import Traces
from bartizan.app.shipping.outcome import Later, Refused
from bartizan.egress.faults import (
    AddressRefused,
    CertificateRefused,
    EgressFault,
    HandshakeRefused,
    ResponseMalformed,
    ResponseTooLarge,
)
from bartizan.egress.http import Client, Response
from bartizan.metrics.family import Family, Kind
from bartizan.otlp import MEDIA
from bartizan.traces.otlp import Teller, rejected, request
from bartizan.traces.passage import Passage

EXPORT: Final = Family(
    "otel.sdk.exporter.span.exported",
    Kind.COUNTER,
    "Spans that a collector has taken, or that were given up.",
    ("error.type",),
)
QUEUE: Final = Family("otel.sdk.processor.span.queue.size", Kind.GAUGE, "Spans that wait for the collector.")
EXPORTED: Final = (EXPORT, QUEUE)
"""What the exporter counts."""

MOST: Final = 4096
"""Passages that wait."""
BATCH: Final = 512
"""Passages of one request."""
_GATHERED_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 10.0
_LAST_SECONDS: Final = 1.5
"""For the last request of a platform that stops."""
_AGAIN_SECONDS: Final = (1.0, 2.0, 4.0, 8.0)
_LONGEST_WAIT: Final = 30
_ANSWER_OCTETS: Final = 65_536
_AGAIN: Final = frozenset({429, 502, 503, 504})
"""Statuses after which the same may be sent again."""
_SUCCESS: Final = range(200, 300)
_FAULTS: Final[tuple[tuple[type[EgressFault], str], ...]] = (
    (AddressRefused, "address-refused"),
    (CertificateRefused, "certificate-refused"),
    (HandshakeRefused, "handshake-refused"),
    (ResponseMalformed, "answer-malformed"),
    (ResponseTooLarge, "answer-too-large"),
)
"""What is no better a second later; every other fault of a connection may be."""


class Taken(msgspec.Struct, frozen=True):
    """The collector has them, but for so many spans."""

    rejected: int = 0


Outcome = Taken | Later | Refused


class Outbox:
    """Passages that wait for the collector; filled by one thread, emptied by another."""

    def __init__(self) -> None:
        """Hold none."""
        self._waiting: deque[Passage] = deque()
        self._some = threading.Condition()
        self._closed = False
        self.spans = 0

    def put(self, passage: Passage) -> bool:
        """Add one; return whether there was room."""
        with self._some:
            if len(self._waiting) >= MOST:
                return False
            self._waiting.append(passage)
            self.spans += passage.spans
            self._some.notify()
            return True

    def take(self) -> list[Passage]:
        """Return the next batch, after a second in which it may grow; none once it is closed and empty."""
        with self._some:
            self._some.wait_for(lambda: self._waiting or self._closed)
            self._some.wait_for(lambda: len(self._waiting) >= BATCH or self._closed, _GATHERED_SECONDS)
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self.spans -= sum(each.spans for each in batch)
            return batch

    def close(self) -> None:
        """Let who takes have what is left, and then nothing."""
        with self._some:
            self._closed = True
            self._some.notify()


class Collector:
    """Where traces go.

    Args:
        teller: puts passages into words.
        traces: where it is.
        count: (word, spans): takes how it went; the empty word is success.
        closing: set once the platform stops: nothing is waited for any more.
    Raises:
        CertificateUnusable: its authorities cannot be read.
    """

    def __init__(
        self, teller: Teller, traces: Traces, count: Callable[[str, int], None], closing: threading.Event
    ) -> None:
        """Connect to nothing yet."""
        self._teller, self._path, self._count, self._closing = teller, traces.path, count, closing
        self._client, self._last = client(traces, _ANSWER_SECONDS), client(traces, _LAST_SECONDS)
        shown = [("authorization", traces.credential)] if traces.credential else []
        self._headers = [("content-type", MEDIA), ("user-agent", f"bartizan/{teller.version}"), *shown]

    def hand_over(self, batch: Iterable[Passage]) -> str:
        """Send a batch, a few times where that may help; return the word for how it ended, empty for success."""
        passages = tuple(batch)
        spans, body = sum(each.spans for each in passages), request(self._teller, passages)
        pauses = iter(_AGAIN_SECONDS)
        while True:
            last = self._closing.is_set()
            outcome = self._attempt(body)
            pause = None if last else next(pauses, None)
            if pause is None or not isinstance(outcome, Later):
                break
            self._closing.wait(max(pause, outcome.seconds))
        if isinstance(outcome, Taken):
            lost = min(outcome.rejected, spans)
            self._count("", spans - lost)
            self._count("rejected", lost)
            return "rejected" if lost else ""
        self._count(outcome.word, spans)
        return outcome.word

    def _attempt(self, body: bytes) -> Outcome:
        asked = self._last if self._closing.is_set() else self._client
        try:
            answer = asked.request("POST", self._path, self._headers, body, most=_ANSWER_OCTETS)
        except OSError as fault:
            known = (word for kind, word in _FAULTS if isinstance(fault, kind))
            word = next(known, "")
            return Refused(word) if word else Later("unreachable")
        return judged(answer)


def judged(answer: Response) -> Outcome:
    """Return what an answer means."""
    if answer.status in _AGAIN:
        wanted = answer.header("retry-after")
        seconds = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 0  # noqa: PLR2004
        return Later(str(answer.status), min(seconds, _LONGEST_WAIT))
    if answer.status not in _SUCCESS:
        return Refused(str(answer.status))
    try:
        return Taken(rejected(answer.body))
    except (ValueError, RecursionError):  # msgspec's faults are such
        return Refused("answer-malformed")


def client(traces: Traces, seconds: float) -> Client:
    """Return what speaks to the collector; each request is one connection, and ends in so many seconds.

    Raises:
        CertificateUnusable: its authorities cannot be read.
    """
    allowed = frozenset(traces.allowed)
    if not traces.tls:
        return Client.plain(traces.host, traces.port, allowed=allowed, timeout_s=seconds)
    pem = traces.authorities.encode()
    return Client.over_tls(traces.host, traces.port, pem, allowed=allowed, timeout_s=seconds)
