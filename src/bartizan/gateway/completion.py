"""The completed record of a request, and all else that is told of its end.

Rules of this file: an admitted request has exactly one such record; who calls has seen to that.
"""

from typing import TYPE_CHECKING, Final

from bartizan.clock import MICROSECOND
from bartizan.gateway.reserve import settle
from bartizan.gateway.tokens import Usage
from bartizan.ledger.journal import JournalUnwritable
from bartizan.ledger.written import completed

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

DONE: Final = "done"
"""The reason in the completed record of an answer that came whole."""


def put_on_record(
    exchange: "Exchange", status: int, reason: str, answered: int, octets: int, said: Usage
) -> bool:
    """Add the completed record, and tell meters and traces; return whether it was added.

    Args:
        exchange: the request that ended.
        status, reason: in the record; the status is of HTTP.
        answered: status that the service answered with, or 0.
        octets: of the answer's body that were passed on.
        said: tokens that the answer says it took.
    """
    plane = exchange.plane
    journal, now = plane.ports.journal, plane.ports.clock.now()
    took = max(0, now - exchange.started)
    plane.meter.ended(exchange, status, reason, took, said)
    if plane.tracer is not None:
        plane.tracer.ended(exchange, status, answered, reason, said, now)
    at = max(now, journal.last)
    body = completed(
        at,
        exchange.actor,
        exchange.id,
        "done" if reason == DONE else "failed",
        admitted=exchange.sequence,
        input=said.prompt_tokens,
        micros=took // MICROSECOND,
        octets=octets,
        output=said.completion_tokens,
        reason=reason,
        status=status,
        target=exchange.line.target.name if exchange.line is not None else "",
        upstream=exchange.group,
    )
    if exchange.reserved is not None:
        settle(exchange, said, answered, reason)
    try:
        journal.append(at, body)
    except JournalUnwritable:
        plane.turn.fail()
        return False
    return True
