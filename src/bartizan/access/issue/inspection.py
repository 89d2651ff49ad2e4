"""What a client asks about a token that it holds or was shown: its form, and what is told.

Rules of this file: pure. A client is told of its own tokens; of others only where it has the role for it. Everything else
is "not active", and nothing says why.
Source: RFC 7662 sections 2.1, 2.2 and 4; RFC 7009 section 2.1.
"""

from collections.abc import Mapping
from typing import Any, Final

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.identity.compact import read_object, take_apart
from bartizan.identity.principal import Principal

INSPECTOR: Final = "inspector"
"""Role of those whose clients may ask about everybody's tokens: services that take tokens elsewhere."""
INACTIVE: Final[Mapping[str, Any]] = {"active": False}
_TOLD: Final = (
    *("iss", "sub", "aud", "client_id", "jti", "iat", "exp"),
    *("cnf", "auth_time", "acr", "act"),
)
"""Members of a token that are told, where it has them."""


def read_token(form: Mapping[str, str]) -> str:
    """Return the token that a form is about; what it hints of the kind is not needed.

    Raises:
        GrantRefused: it names none.
    """
    token = form.get("token", "")
    if not token:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "token is missing")
    return token


def may_ask(asker: Principal, client: str) -> bool:
    """Return whether somebody's client is told of a token that a client holds."""
    return client == asker.client or INSPECTOR in asker.roles


def told(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an access token that is good now."""
    bound = "jkt" in payload.get("cnf", {})
    shown = {name: payload[name] for name in _TOLD if name in payload}
    return {"active": True, "token_type": "DPoP" if bound else "Bearer", **shown}


def payload_of(token: str) -> dict[str, Any]:
    """Return what a token says that was verified before."""
    return read_object(take_apart(token).payload, "payload")
