"""Which requests are traced, and what is noted of them, for whoever hands it on.

Rules of this file: nothing here waits, and nothing fails a request: what cannot be handed on is dropped and counted.
Only requests of somebody known are traced: a stranger can neither fill what is kept nor write into anybody's trace.
Whether one is, chance decides and never the client. Its trace goes on from the client's; the span that the service
is told has the digits of the request's id, which the record has too.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.gateway.metering import OPERATIONS, SPANS, Meter
from bartizan.gateway.ports import Circumstances, Ports, Tracing
from bartizan.gateway.tokens import UNSAID, Usage
from bartizan.traces.passage import LONGEST, MODEL, Passage, line

if TYPE_CHECKING:
    from bartizan.gateway.faults import Refusal
    from bartizan.gateway.stream import Exchange

MOST: Final = 4096
"""Passages that wait to be handed on."""
_ALL: Final = 2**32
_DRAWN: Final = 256
_ASKED, _NOT_ASKED = "01", "00"


class End(msgspec.Struct, frozen=True):
    """How a request ended; fields as of `Tracer.ended`, and the control that refused it."""

    status: int
    answered: int
    reason: str
    control: str
    said: Usage
    now: Nanoseconds


class Tracer:
    """Traces for one worker."""

    __slots__ = (
        "_among",
        "_clock",
        "_drawn",
        "_dropped",
        "_handed",
        "_kept",
        "_meter",
        "_models",
        "_random",
        "_write",
    )

    def __init__(self, ports: Ports, tracing: Tracing, meter: Meter) -> None:
        """Trace a share of the requests to come."""
        self._clock, self._random, self._meter = ports.clock, ports.random, meter
        self._write, self._models = tracing.write, frozenset(filter(MODEL.fullmatch, tracing.models))
        self._among = round(tracing.share * _ALL)
        self._drawn: list[str] = []
        self._kept: list[tuple[int, bytes]] = []
        self._handed = self._dropped = 0

    def sent(self, exchange: "Exchange") -> tuple[str, str]:
        """Return trace-id and flags that a service is told with a request that is sent now, perhaps once more."""
        if not self._traced(exchange):
            return exchange.caller[0] or self._draw(), _NOT_ASKED
        if not exchange.trace:
            exchange.trace, exchange.sent = exchange.caller[0] or self._draw(), self._clock.now()
        exchange.tries += 1
        return exchange.trace, _ASKED

    def ended(
        self, exchange: "Exchange", status: int, answered: int, reason: str, said: Usage, now: Nanoseconds
    ) -> None:
        """Note a request that was admitted and has ended.

        Args:
            exchange: the request.
            status: of its answer; `answered`: what the service's began with, 0 where it did not.
            reason: why it ended; a word of the record.
            said: tokens, as its service counted them.
            now: the instant of its end.
        """
        if self._traced(exchange):
            self._note(exchange, End(status, answered, reason, "", said, now))

    def refused(self, exchange: "Exchange", fault: "Refusal", now: Nanoseconds) -> None:
        """Note a request that was not admitted."""
        if self._traced(exchange):
            self._note(exchange, End(fault.status, 0, fault.reason, fault.control, UNSAID, now))

    def flush(self) -> None:
        """Hand on what was noted, as far as it is taken now, and count it."""
        kept, at = self._kept, 0
        while at < len(kept):
            end, octets = at, 0
            while end < len(kept) and octets + len(kept[end][1]) <= LONGEST:
                octets += len(kept[end][1])
                end += 1
            if not self._write(b"".join([each for _, each in kept[at:end]])):
                break
            self._handed += sum(spans for spans, _ in kept[at:end])
            at = end
        del kept[:at]
        self._meter.add(SPANS, "", more=self._handed)
        self._meter.add(SPANS, "queue-full", more=self._dropped)
        self._handed = self._dropped = 0

    # ---- its parts -----------------------------------------------------------------------------------------
    def _traced(self, exchange: "Exchange") -> bool:
        return exchange.known is not None and int(exchange.id[2:10], 16) < self._among

    def _draw(self) -> str:
        if not self._drawn:
            digits = self._random(16 * _DRAWN).hex()
            self._drawn.extend(digits[at : at + 32] for at in range(0, len(digits), 32))
        return self._drawn.pop()

    def _note(self, exchange: "Exchange", end: End) -> None:
        passage = self._passage(exchange, end)
        if passage is None:
            return
        if len(self._kept) >= MOST:
            self._dropped += passage.spans
        else:
            self._kept.append((passage.spans, line(passage)))

    def _passage(self, exchange: "Exchange", end: End) -> Passage | None:
        head, route, known = exchange.head, exchange.route, exchange.known
        if known is None:
            return None
        asked: Circumstances | None = getattr(exchange, "circumstances", None)
        return Passage(
            trace=exchange.trace or exchange.caller[0] or self._draw(),
            parent=exchange.caller[1],
            span=self._draw()[:16],
            call=exchange.id[2:],
            who=known.pseudonym,
            service=route.service.name,
            target=exchange.line.target.name if exchange.line is not None and exchange.sent else "",
            route=route.name,
            operation=OPERATIONS.get(route.name, ""),
            method=head.method.decode(),
            minor=head.minor,
            model=asked.model if asked is not None and asked.model in self._models else "",
            stream=asked is not None and asked.stream,
            status=end.status,
            answered=end.answered,
            reason=end.reason,
            control=end.control,
            started=exchange.started,
            sent=exchange.sent,
            ended=max(end.now, exchange.started),
            first=exchange.first,
            tries=exchange.tries,
            input=end.said.prompt_tokens,
            output=end.said.completion_tokens,
        )
