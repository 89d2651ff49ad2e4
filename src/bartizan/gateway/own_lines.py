"""Lines of an answer's head that do not come of the service, or of the platform's own endpoints alone."""

from typing import TYPE_CHECKING

from bartizan.gateway.answer_head import AnswerHead
from bartizan.gateway.possession import nonce_line

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange


def own_lines(exchange: "Exchange", head: AnswerHead) -> bytes:
    """Return them, each with its CR LF.

    Args:
        exchange: the request.
        head: of the answer.
    """
    lines = _nonce(exchange, head) if exchange.proof else b""
    return lines + head.own if head.own and exchange.route.service.own else lines


def _nonce(exchange: "Exchange", head: AnswerHead) -> bytes:
    """Return the line with the nonce of the next proofs: ours, or that of the platform's own endpoints."""
    if exchange.known is not None:
        ports = exchange.plane.ports
        return nonce_line(ports.nonce(ports.clock.now()))
    return b"dpop-nonce: %b\r\n" % head.nonce if head.nonce and exchange.route.service.own else b""
