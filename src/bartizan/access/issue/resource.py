"""Resource indicators: which service a token is to be good for.

Rules of this file: pure. A service's resource is the URL below which it stands at the gateway, and nothing else
names it: no host of another case, no port that goes without saying, no slash at the end.
Source: RFC 8707 sections 2 and 2.2.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.mint import AUDIENCES, GATEWAY
from bartizan.identity.token import OF_ONE

_TEXT: Final = 255


def read_target(form: Mapping[str, str]) -> tuple[str, str]:
    """Return the audience and the resource that a form asks for; the resource is empty where it names none.

    Raises:
        GrantRefused: it names both, or an audience that is not known.
    """
    audience, resource = form.get("audience", GATEWAY), form.get("resource", "")
    if audience not in AUDIENCES or (
        "resource" in form and ("audience" in form or not 0 < len(resource) <= _TEXT)
    ):
        raise GrantRefused(
            GrantFault.INVALID_TARGET, "name one resource, or an audience that is known, not both"
        )
    return audience, resource


def audience_of(resource: str, issuer: str, services: Iterable[str]) -> str:
    """Return the audience of a token that is good for one service.

    Args:
        resource: as asked for.
        issuer: the gateway's URL.
        services: names of those that can be called with tokens.
    Raises:
        GrantRefused: it is the URL of no service.
    """
    for service in services:
        if resource == f"{issuer}/{service}":
            return f"{GATEWAY}{OF_ONE}{service}"
    what = f"resource must be the URL of a service, such as {issuer}/NAME, and nothing behind it"
    raise GrantRefused(GrantFault.INVALID_TARGET, what)
