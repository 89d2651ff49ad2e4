"""What a request is expected to take of its limits, and what it took in the end.

Rules of this file: what is expected is held before the admitted record and settled once, however the request ends.
A service's word about tokens settles it; where a request reached its service and no word came, the expectation
stands, or what was counted of the answer if that is more, so that nobody gets one cheaper by leaving before its end.
What is ours, the status of a cut or of a client that left, never says that nothing was spent.
"""

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from bartizan.gateway.controls import rate_limited
from bartizan.gateway.faults import Fault, Refusal, refusal
from bartizan.gateway.holds import Coming, Expected, Overdrawn, Reserved
from bartizan.gateway.inspected import Inspection, Said
from bartizan.gateway.subject import Allowance
from bartizan.gateway.tokens import Usage

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

OCTETS_A_TOKEN: Final = 4
"""Octets of a request's body that are taken for one token."""
UNTOLD_TOKENS: Final = 1024
"""Tokens that an answer is expected to have where the request names no number."""
_SILENT: Final = frozenset({"embeddings"})
"""Routes whose answers are not made of tokens."""
_FREE: Final = frozenset({"count-tokens", "mcp", "judge"})
"""Routes that take a body and cost no tokens; without one, none does."""
_UNREACHED: Final = frozenset(
    {"upstream-unreachable", "upstream-busy", "upstream-credential", "upstream-unavailable"}
)
"""Reasons for which nothing was spent: the service did not take the request."""
_NOTHING_SPENT: Final = range(400, 500)
"""A service's own refusals; it does not charge for them."""
Answer: TypeAlias = Reserved | Overdrawn | Said | None
Steps: TypeAlias = Generator[int | Coming | Inspection, bytes | Answer, None]
Waits: TypeAlias = Generator[Coming | Inspection, Answer, int]


def reserve(plane: "Plane", exchange: "Exchange", generation: int) -> Waits:
    """Hold what a request is expected to take; yields what to wait for, where somebody else counts.

    Args:
        plane: what all connections share.
        exchange: the request, authorized.
        generation: of the state that it was authorized on.
    Returns:
        The generation of the state that it is still allowed on: what changed meanwhile is decided anew.
    Raises:
        Refusal: a limit is not kept, nobody knows whether it is, or the request was disallowed meanwhile.
    """
    if plane.ports.reserve is None or exchange.known is None:
        return generation
    # now, not when the head came: a body that took long must not be counted as one of long ago
    answer = plane.ports.reserve(_expected(exchange), exchange.asked)
    if isinstance(answer, asyncio.Future):
        answer = cast("Reserved | Overdrawn | None", (yield answer))
        exchange.reserved = answer if isinstance(answer, Reserved) else None
        plane.require_open()
        refused = plane.disallowed(exchange) if plane.generation != generation else None
        if refused is not None:
            raise Refusal(Fault(refused.reason, refused.status, refused.what, refused.control))
        generation = plane.generation
    if isinstance(answer, Overdrawn):
        raise _refusal(answer)
    exchange.reserved = answer
    return generation


def _expected(exchange: "Exchange") -> Expected:
    judged, route, who = exchange.judged, exchange.route, exchange.who.principal
    tokens = answered = 0
    if route.body_octets and not route.operation and route.name not in _FREE:
        tokens = len(judged.octets) // OCTETS_A_TOKEN + 1
        if route.name not in _SILENT:
            answered = (judged.most_tokens or judged.untold_tokens or UNTOLD_TOKENS) * judged.choices
    return Expected(
        lease=exchange.id,
        service=route.service.name,
        route=route.name,
        principal=who.id,
        pseudonym=who.pseudonym,
        client=who.client,
        address=exchange.source,
        model=judged.model,
        input=tokens,
        output=answered,
    )


def _refusal(answer: Overdrawn) -> Refusal:
    found = rate_limited.judge(Allowance(answer.party, answer.wait))
    reason = found[0].reason if found else "limiter-unavailable"
    return refusal(reason, retry_after=max(0, answer.wait), limits=answer.fields)


def settle(exchange: "Exchange", said: Usage, status: int, reason: str) -> None:
    """Pay what an admitted request took, once.

    Args:
        exchange: the request, at its end.
        said: tokens, as the service says.
        status: of the service's answer; 0 where none had begun.
        reason: of the completed record.
    """
    reserved, exchange.reserved = exchange.reserved, None
    if reserved is None:
        return
    tokens, answered = said.prompt_tokens, said.completion_tokens
    unsaid = not tokens and not answered
    unspent = not exchange.group or reason in _UNREACHED or status in _NOTHING_SPENT
    if unsaid and not unspent:  # one that was sent has a group of its connection
        tokens, answered = reserved.input, max(reserved.output, exchange.pieces)
    exchange.plane.ports.settle(reserved, tokens, answered)


def release(exchange: "Exchange") -> None:
    """Give back what is held for a request that was not forwarded, and ask nobody more about it."""
    if exchange.question is not None:
        exchange.question.end()
    reserved, exchange.reserved = exchange.reserved, None
    if reserved is not None:
        exchange.plane.ports.settle(reserved, 0, 0)
