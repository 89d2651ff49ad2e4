"""What the gateway counts of its requests, and how it stands.

Rules of this file: counting a request costs less than a microsecond, so a series is looked up once and kept. Labels are
names of services, routes and reasons, and classes of statuses; never a principal, an address, a model or any text of a
client's. One distribution holds how long requests took: what OpenTelemetry calls the duration of an HTTP server's
requests, and that of a generative AI server's, are two views of it (`views`).
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from bartizan.clock import MILLISECOND, SECOND, Nanoseconds
from bartizan.gateway.circuit import HALF_OPEN, OPEN
from bartizan.metrics.board import Board, merged
from bartizan.metrics.family import Family, Kind, Series

if TYPE_CHECKING:
    from bartizan.gateway.faults import Refusal
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.pool import Line
    from bartizan.gateway.stream import Exchange
    from bartizan.gateway.tokens import Usage

_HTTP_MS: Final = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000)
_AI_MS: Final = (10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920)
_FIRST_MS: Final = (1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000)
_TOKENS: Final = tuple(4**power for power in range(14))


def _times(*milliseconds: int) -> tuple[int, ...]:
    return tuple(each * MILLISECOND for each in milliseconds)


OPERATIONS: Final = {"chat": "chat", "completions": "text_completion", "embeddings": "embeddings"} | {
    "messages": "chat",
    "responses": "chat",
}
"""Route -> `gen_ai.operation.name`; other routes are no operation of a model."""

TOOK: Final = Family(
    "bartizan.request.duration",
    Kind.HISTOGRAM,
    "How long requests took.",
    ("service", "route", "class", "reason"),
    "s",
    SECOND,
    tuple(sorted({*_times(*_HTTP_MS), *_times(*_AI_MS)})),
)
"""What is counted of every request; told as the two views of it."""
_TOOK: Final = TOOK.bounds
_DONE: Final = 2
"""Class of the statuses of nearly every request; its series are at hand by the route's index."""
HTTP: Final = Family(
    "http.server.request.duration",
    Kind.HISTOGRAM,
    "How long requests took, refused ones included.",
    ("service", "http.route", "http.response.status_class"),
    "s",
    SECOND,
    _times(*_HTTP_MS),
)
AI: Final = Family(
    "gen_ai.server.request.duration",
    Kind.HISTOGRAM,
    "How long requests to models took that were let through.",
    ("service", "gen_ai.operation.name", "error.type"),
    "s",
    SECOND,
    _times(*_AI_MS),
)
FIRST: Final = Family(
    "gen_ai.server.time_to_first_token",
    Kind.HISTOGRAM,
    "From a request's head to the first octets of a streamed answer.",
    ("service", "gen_ai.operation.name"),
    "s",
    SECOND,
    _times(*_FIRST_MS),
)
TOKENS: Final = Family(
    "gen_ai.client.token.usage",
    Kind.HISTOGRAM,
    "Tokens of a request, as its service counted them.",
    ("service", "gen_ai.operation.name", "gen_ai.token.type"),
    bounds=_TOKENS,
)
REFUSED: Final = Family(
    "bartizan.requests.refused",
    Kind.COUNTER,
    "Requests and connections that were refused.",
    ("reason", "control"),
)
HANDSHAKES: Final = Family(
    "bartizan.tls.handshakes", Kind.COUNTER, "TLS handshakes that were done.", ("group",)
)
ACTIVE: Final = Family("http.server.active_requests", Kind.GAUGE, "Admitted requests that have not ended.")
CONNECTIONS: Final = Family(
    "bartizan.connections", Kind.GAUGE, "Connections of clients; handshakes are strangers' too.", ("who",)
)
WAITING: Final = Family("bartizan.strangers.waiting", Kind.GAUGE, "Strangers that wait for their turn.")
UPSTREAM: Final = Family(
    "bartizan.upstream.connections",
    Kind.GAUGE,
    "Pooled connections to targets of services, with a request on them or without.",
    ("service", "target", "state"),
)
QUEUED: Final = Family(
    "bartizan.upstream.waiting",
    Kind.GAUGE,
    "Requests that wait for a connection to a target.",
    ("service", "target"),
)
CIRCUIT: Final = Family(
    "bartizan.upstream.circuit",
    Kind.GAUGE,
    "Workers whose circuit to a target is in this state because it failed; none where it is closed.",
    ("service", "target", "state"),
)
REMEMBERED: Final = Family(
    "bartizan.limiter.entries",
    Kind.GAUGE,
    "Keys that limiters remember in a worker's memory.",
    ("limiter",),
)
SPANS: Final = Family(
    "otel.sdk.processor.span.processed",
    Kind.COUNTER,
    "Spans that workers have handed to the exporter, or dropped.",
    ("error.type",),
)
COUNTED: Final = (
    TOOK, FIRST, TOKENS, REFUSED, HANDSHAKES, ACTIVE, CONNECTIONS, WAITING,
    UPSTREAM, QUEUED, CIRCUIT, REMEMBERED, SPANS,
)  # fmt: skip
"""What a worker's gateway counts."""
TOLD: Final = (HTTP, AI, *COUNTED[1:])
"""What is told of it."""


class _Way:
    """The series of one kind of end that requests of one route come to; `model` of those that are for a model."""

    __slots__ = ("first", "input", "model", "output", "took")

    def __init__(self, board: Board, key: tuple[str, str, int, str]) -> None:
        service, route, status, reason = key
        operation = OPERATIONS.get(route, "")
        self.model = bool(operation)
        self.took = board.distribution(TOOK, service, route, f"{status}xx", reason)
        if operation:
            self.first = board.distribution(FIRST, service, operation)
            self.input = board.distribution(TOKENS, service, operation, "input")
            self.output = board.distribution(TOKENS, service, operation, "output")

    def post(self) -> None:
        self.took.post()
        if self.model:
            self.first.post()
            self.input.post()
            self.output.post()


class Meter:
    """Counts for one worker; `stand` posts it."""

    __slots__ = ("_board", "_done", "_places", "_ways")

    def __init__(self, board: Board) -> None:
        """Count on this board."""
        self._board = board
        self._ways: dict[tuple[str, str, int, str], _Way] = {}
        self._done: dict[int, _Way] = {}
        self._places: dict[tuple[str, ...], int] = {}

    def ended(self, exchange: "Exchange", status: int, reason: str, took: int, said: "Usage") -> None:
        """Count a request that was admitted and has ended.

        Args:
            exchange: the request.
            status: of its answer.
            reason: why it ended; a word of the record.
            took: nanoseconds since its head was whole.
            said: tokens, as its service counted them.
        """
        route = exchange.route
        done = status // 100 == _DONE and reason == "done"
        way = self._done.get(route.index) if done else None
        if way is None:
            key = route.service_name, route.name, status // 100, reason
            way = self._ways.get(key) or self._way(key)
            if done and route.index >= 0:
                self._done[route.index] = way
        spent = way.took
        spent.places[bisect_left(_TOOK, took)] += 1
        spent.total += took
        if way.model:
            tokens = said.prompt_tokens
            if tokens:
                spent = way.input
                spent.places[bisect_left(_TOKENS, tokens)] += 1
                spent.total += tokens
            tokens = said.completion_tokens
            if tokens:
                spent = way.output
                spent.places[bisect_left(_TOKENS, tokens)] += 1
                spent.total += tokens
            if exchange.first:
                spent = way.first
                spent.places[bisect_left(FIRST.bounds, exchange.first)] += 1
                spent.total += exchange.first

    def refused(self, exchange: "Exchange", fault: "Refusal", took: int) -> None:
        """Count a request that was not admitted, perhaps before its route was known."""
        route = getattr(exchange, "route", None)
        service, name = (route.service_name, route.name) if route is not None else ("", "")
        key = service, name, fault.status // 100, fault.reason
        way = self._ways.get(key) or self._way(key)
        way.took.places[bisect_left(_TOOK, took)] += 1
        way.took.total += took
        self.add(REFUSED, fault.reason, fault.control)

    def _way(self, key: tuple[str, str, int, str]) -> _Way:
        way = self._ways[key] = _Way(self._board, key)
        return way

    def add(self, family: Family, *values: str, more: int = 1) -> None:
        """Count one more, or some, of a counter's series."""
        self._board.words[self._place(family, values)] += more

    def put(self, family: Family, number: int, *values: str) -> None:
        """Set a gauge's series."""
        self._board.words[self._place(family, values)] = number

    def _place(self, family: Family, values: tuple[str, ...]) -> int:
        key = (family.name, *values)
        at = self._places.get(key)
        if at is None:
            at = self._places[key] = self._board.place(family, *values)
        return at

    def post(self) -> None:
        """Post what was counted since the last time."""
        for way in self._ways.values():
            way.post()

    def stand(self, plane: "Plane") -> None:
        """Post what was counted since the last time, and where stands what goes up and down."""
        self.post()
        trusted, strangers = plane.crowd.counts()
        self.put(ACTIVE, len(plane.open))
        self.put(CONNECTIONS, trusted, "trusted")
        self.put(CONNECTIONS, strangers, "stranger")
        self.put(WAITING, len(plane.strangers))
        for line in plane.pool.lines():
            self._line(line, plane.swept)
        for limiter, entries in plane.ports.remembered():
            self.put(REMEMBERED, entries, limiter)

    def _line(self, line: "Line", now: Nanoseconds) -> None:
        names = line.service.name, line.target.name
        self.put(UPSTREAM, len(line) - line.idle, *names, "active")
        self.put(UPSTREAM, line.idle, *names, "idle")
        self.put(QUEUED, len(line.waiting), *names)
        state = line.circuit.state(now, trial=line.trial is not None)
        for each in (OPEN, HALF_OPEN):
            self.put(CIRCUIT, int(state == each), *names, each)


def views(series: Iterable[Series]) -> list[Series]:
    """Return what is told of what was counted, the durations seen as an HTTP server's and as a model's."""
    found: list[list[Series]] = []
    for each in series:
        if each.family is TOOK:
            found.append([_seen(each, HTTP, each.values[:3]), *_of_model(each)])
        else:
            found.append([each])
    return merged(found)


def _of_model(took: Series) -> Iterable[Series]:
    service, route, status, reason = took.values
    if route in OPERATIONS and status != "4xx":
        yield _seen(took, AI, (service, OPERATIONS[route], "" if reason == "done" else reason))


def _seen(took: Series, family: Family, values: tuple[str, ...]) -> Series:
    """Return a distribution between fewer bounds, each of which is one of its own."""
    *places, total = took.numbers
    numbers = [0] * (len(family.bounds) + 1)
    for bound, count in zip((*TOOK.bounds, None), places, strict=True):
        numbers[len(family.bounds) if bound is None else bisect_left(family.bounds, bound)] += count
    return Series(family, values, (*numbers, total))
