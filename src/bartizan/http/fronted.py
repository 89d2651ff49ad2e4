"""What the gateway in front says of a request: from which network, over which certificate.

Rules of this file: nobody else reaches this process's listener. The gateway writes these fields itself and passes none of a
client's on; what is not of its form is nothing.
"""

import re
from typing import Final

from starlette.requests import Request

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SOURCE: Final = re.compile(r"a-[0-9a-f]{16}")


def source_of(request: Request) -> str:
    """Return the pseudonym of the network that asks, as the gateway names it; empty where it names none.

    One that lies hides where tries come from, and gets nothing else by it.
    """
    found = request.headers.getlist("x-bartizan-source")
    return found[0] if len(found) == 1 and _SOURCE.fullmatch(found[0]) else ""


def certificate_of(request: Request) -> str:
    """Return the thumbprint of the client's certificate as the gateway tells it, or nothing."""
    said = request.headers.get("x-bartizan-certificate", "")
    return said if _THUMBPRINT.fullmatch(said) else ""
