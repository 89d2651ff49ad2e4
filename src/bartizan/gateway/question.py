"""What the record says of the question that policy was asked about a request: enough to ask it again, and no client's text.

Rules of this file: an operation is named by the operator's own description, so its digest is enough; the name of a tool
is the client's text, so it is tagged under its principal's key and says nothing any more once that is destroyed.
"""

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from bartizan.gateway.ports import Principal
from bartizan.ledger.content import content_tag, tool_tagged

if TYPE_CHECKING:
    from bartizan.gateway.dossier import Dossier


def asked_of_policy(exchange: "Dossier", known: Principal) -> dict[str, int | str]:
    """Return the fields of a refusal that say what policy was, or would have been, asked.

    Args:
        exchange: the request; as far as it has come.
        known: who asks.
    """
    circumstances = getattr(exchange, "circumstances", None)
    if circumstances is None:  # it was refused before its body was read
        return {}
    fields = {
        "action": circumstances.action or exchange.route.action,
        "operation": operation_tag(circumstances.operation),
        "tool": tool_tag(known, circumstances.tool),
        "agent": agent_tag(exchange.who.agent),
        "passkey": exchange.who.passkey,
    }
    return {field: value for field, value in fields.items() if value}


def agent_tag(agent: Principal | None) -> str:
    """Return the digits of the pseudonym of whoever acts for the principal, or nothing for nobody."""
    return "" if agent is None else agent.pseudonym.removeprefix("p-")


@lru_cache(maxsize=4096)
def operation_tag(operation: str) -> str:
    """Return what the record calls an operation: 8 octets of its SHA-256 in hexadecimal, or nothing for none."""
    return hashlib.sha256(operation.encode("utf-8", "surrogatepass")).hexdigest()[:16] if operation else ""


def tool_tag(known: Principal | None, tool: str) -> str:
    """Return what the record calls a tool that somebody calls, or nothing where none is called.

    Args:
        known: who calls it; without a key, nothing is said of it.
        tool: its name, the client's text.
    """
    if not tool or known is None or not known.content_key:
        return ""
    return content_tag(known.content_key, tool_tagged(tool))
