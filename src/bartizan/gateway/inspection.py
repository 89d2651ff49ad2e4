"""What the gateway does with what the guard says of a prompt.

Rules of this file: where the guard's word counts, nothing goes on before it; where it is only to be told, nothing waits for
it. Nobody to ask is as bad as a bad word where the word counts. What was found is on record before the admitted record, or
beside the refusal; no text is.
"""

from typing import TYPE_CHECKING, Final, cast

import msgspec

from bartizan.clock import SECOND
from bartizan.gateway.canary import with_canary
from bartizan.gateway.faults import Fault, Refusal
from bartizan.gateway.held import hold, require_allowed
from bartizan.gateway.inspected import (
    BEHIND,
    BLOCK,
    BUDGET,
    FAILED,
    FLAG,
    HOLD,
    OBSERVE,
    REDACT,
    UNAVAILABLE,
    VERDICT,
    Said,
)
from bartizan.gateway.reserve import Waits
from bartizan.gateway.turn import NOBODY
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

FOUND: Final = "threats.signal.found"
"""Kind of the event that tells of a signal."""
MOST_SIGNALS: Final = 32
"""Signals of one request that are told apart; the rest is left out."""
_FIRST: Final = {
    UNAVAILABLE: Fault(
        UNAVAILABLE,
        503,
        "Nobody is there to inspect the request; it goes no further. Try again in a moment.",
        "",
    ),
    FAILED: Fault(
        FAILED,
        500,
        "Inspecting the request failed; it goes no further. The platform's log says where.",
        "",
    ),
    BUDGET: Fault(
        BUDGET,
        429,
        "Inspecting what this principal sends took more time than it may; send less of it, later.",
        "",
    ),
}
_READ_AGAIN: Final = frozenset({"read-response", "cancel-response"})
"""Actions of requests without a body that are answered with what a model said before."""
_UNSEEN: Final = frozenset({*_FIRST, BEHIND})
"""Reasons for which nobody looked at it."""


def inspect(plane: "Plane", exchange: "Exchange", generation: int) -> Waits:
    """Have a prompt inspected; yields what to wait for, where the guard's word counts.

    Args:
        plane: what all connections share.
        exchange: the request, authorized.
        generation: of the state that it was authorized on.
    Returns:
        The generation of the state that it is still allowed on.
    Raises:
        Refusal: it goes no further, or was disallowed meanwhile.
    """
    ask, guard = plane.ports.inspect, exchange.route.service.guard
    read = bool(exchange.judged.octets) or exchange.route.action in _READ_AGAIN
    if ask is None or not guard or not read or exchange.known is None:
        return generation
    service = exchange.route.service
    marks = plane.canaries.of(service.name, exchange.known, exchange.started) if service.canary else ()
    asked = exchange.question = ask(
        exchange.route.service_name, exchange.known.pseudonym, exchange.judged.octets, marks
    )
    if guard == OBSERVE:
        asked.said.add_done_callback(lambda done: told(exchange, done.result()))
        _plant(exchange, marks)
        return generation
    said = cast("Said", (yield asked.said))
    require_allowed(plane, exchange, generation)
    record(exchange, said, said.action)
    if guard == VERDICT:
        exchange.verdict = _answer(said)
    elif said.action == BLOCK:
        wait = SECOND if said.reason in _FIRST else 0
        raise Refusal(
            _FIRST.get(said.reason) or Fault(said.reason, 400, said.what, said.control), retry_after=wait
        )
    elif said.action == HOLD:
        yield from hold(plane, exchange, said)
    if said.action in (REDACT, HOLD) and said.octets:
        exchange.judged = msgspec.structs.replace(exchange.judged, octets=said.octets)
    _plant(exchange, marks)
    return plane.generation


def _plant(exchange: "Exchange", marks: tuple[str, ...]) -> None:
    """Plant the session's mark in what goes on: after it was inspected, so that the same request is the same on every day."""
    if marks:
        octets = with_canary(exchange.judged.octets, marks[0])
        exchange.judged = msgspec.structs.replace(exchange.judged, octets=octets)


def _answer(said: Said) -> bytes:
    """Return the verdict that was asked for; whatever it says of the texts, the request is answered.

    Raises:
        Refusal: there is none.
    """
    if not said.octets:
        raise Refusal(_FIRST.get(said.reason, _FIRST[FAILED]), retry_after=SECOND)
    return said.octets


def withheld(said: Said) -> Fault:
    """Return the refusal that stands for an answer that goes no further."""
    return _FIRST.get(said.reason) or Fault(said.reason, 403, said.what, said.control)


def told(exchange: "Exchange", said: Said, *, answer: bool = False) -> None:
    """Record what was found in what went on meanwhile."""
    if not exchange.plane.turn.broken and record(exchange, said, FLAG, answer=answer):
        exchange.plane.turn.after(NOBODY)


def record(exchange: "Exchange", said: Said, action: str, *, answer: bool = False) -> bool:
    """Add an event for each signal, and one for what nobody inspected; return whether there was any.

    Args:
        exchange: the request.
        said: of it, or of its answer.
        action: what became of that.
        answer: whether it is the answer.
    """
    plane, service = exchange.plane, exchange.route.service_name
    half: dict[str, int | str] = {"half": "answer"} if answer else {}
    try:
        if said.reason in _UNSEEN:
            detail: dict[str, int | str] = {
                "service": service,
                "reason": said.reason,
                "action": action,
                **half,
            }
            plane.ports.journal.record(FOUND, exchange.actor, exchange.id, Outcome.FAILED, "", detail)
        for signal in said.signals[:MOST_SIGNALS]:
            detail = {
                "service": service,
                "reason": signal.reason,
                "rule": signal.rule,
                "channel": signal.channel,
                "severity": signal.severity.value,
                "confidence": signal.confidence.value,
                "count": signal.count,
                "action": action,
                **half,
            }
            entry = plane.ports.journal.record(
                FOUND, exchange.actor, exchange.id, Outcome.FOUND, signal.control, detail
            )
            if signal is said.signals[0] and said.excerpts:
                plane.ports.evidence(service, exchange.id, exchange.actor, entry, said.excerpts)
    except JournalUnwritable:
        plane.turn.fail()
    return bool(said.signals) or said.reason in _UNSEEN
