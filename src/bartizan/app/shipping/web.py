"""Handing entries over by HTTP: lines of JSON, Splunk's collector, OTLP's, and a signed webhook.

Rules of this file: a receiver is a stranger: of its answer a bounded part is taken, for a bounded time. A redirect is
not followed. An answer counts as receipt only where all of the request had gone out before it came.
Source: RFC 9110, section 15 (statuses), section 10.2.3 (Retry-After).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.outcome import Later, Outcome, Refused, Taken, unreached
from bartizan.clock import Clock
from bartizan.connectors import hec, otlp, webhook
from bartizan.connectors.formats import LINES
from bartizan.connectors.source import Source
from bartizan.egress.http import Client
from bartizan.ledger.entry import Entry

SECONDS: Final = 20.0
"""For one request, from the look-up of the name to the last octet of the answer."""
LONGEST_WAIT: Final = 300
"""Seconds that a receiver may ask us to wait."""
_ANSWER_OCTETS: Final = 65_536
_SUCCESS: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
_OF_CONTENT: Final = frozenset({400, 413, 422})
"""Statuses that say something of what was sent; every other refusal is of the receiver's or its configuration."""
_JSON, _LINES_OF_JSON = "application/json", "application/x-ndjson"

Headers = tuple[tuple[str, str], ...]


class Web:
    """A receiver that speaks HTTP.

    Args:
        connector: where it is and what it takes.
        source: who tells.
        clock: dates signatures.
        seconds: for one request.
    Raises:
        CertificateUnusable: its authorities cannot be read.
    """

    def __init__(self, connector: Connector, source: Source, clock: Clock, seconds: float = SECONDS) -> None:
        """Connect to nothing yet."""
        self._connector, self._source, self._clock = connector, source, clock
        allowed = frozenset(connector.allowed)
        if connector.tls:
            pem = connector.authorities.encode()
            host, port = connector.host, connector.port
            self._client = Client.over_tls(host, port, pem, allowed=allowed, timeout_s=seconds)
        else:
            self._client = Client.plain(connector.host, connector.port, allowed=allowed, timeout_s=seconds)

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Send one request that tells these entries, and judge its answer."""
        headers, body = self._request(entries)
        try:
            with self._client.stream(
                "POST", self._connector.path, headers, body, most=_ANSWER_OCTETS
            ) as answer:
                answer.whole_by_deadline()
                said = b"".join(answer)
                status, wait, sent = answer.status, dict(answer.headers).get("retry-after", ""), answer.sent
        except OSError as fault:
            return unreached(fault)
        if status in _SUCCESS and not sent:
            return Later("answered-unread")
        return judged(self._connector.kind, status, said, wait)

    def _request(self, entries: Sequence[Entry]) -> tuple[Headers, bytes]:
        kind, shown = self._connector.kind, self._connector.credential
        agent = ("user-agent", f"bartizan/{self._source.version}")
        if kind == "webhook":
            identity, body = webhook.request(self._source, entries)
            signed = webhook.signed(webhook.key(shown), identity, self._clock.now(), body)
            return (("content-type", _JSON), agent, *signed), body
        authorization = (("authorization", shown),) if shown else ()
        if kind in _REQUESTS:
            return (("content-type", _JSON), agent, *authorization), _REQUESTS[kind](self._source, entries)
        lines = b"".join(LINES[kind](self._source, entry) + b"\n" for entry in entries)
        return (("content-type", _LINES_OF_JSON), agent, *authorization), lines


_REQUESTS: Final[Mapping[str, Callable[[Source, Sequence[Entry]], bytes]]] = {
    "splunk": hec.request,
    "otlp": otlp.request,
}


def judged(kind: str, status: int, body: bytes, wait: str) -> Outcome:
    """Return what an answer means.

    Args:
        kind: format of what was sent.
        status, body: of the answer.
        wait: its `Retry-After`, or nothing.
    """
    if status in _SUCCESS:
        return _taken(kind, body)
    if status in _OF_CONTENT:
        return Refused(f"answered-{status}")
    if status in _REDIRECTED:
        return Later("redirected")
    seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 10 else 0  # noqa: PLR2004
    return Later(f"answered-{status}", min(seconds, LONGEST_WAIT))


def _taken(kind: str, body: bytes) -> Outcome:
    """Return what an answer of success means: the two collectors say in its body whether it is one."""
    try:
        if kind == "splunk" and not hec.taken(body):
            return Refused("rejected")
        if kind == "otlp" and otlp.rejected(body):
            return Refused("rejected")
    except (ValueError, RecursionError):  # msgspec's faults are such
        return Later("answer-malformed")
    return Taken()
