"""What the gateway in front says of a request's connection: its certificate, its key agreement (`source.py`: its network).

Rules of this file: nobody else reaches this process's listener. The gateway writes these fields itself and passes none of a
client's on; what is not of its form is nothing.
"""

import re
from typing import Final

from starlette.requests import Request

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def certificate_of(request: Request) -> str:
    """Return the thumbprint of the client's certificate as the gateway tells it, or nothing."""
    said = request.headers.get("x-bartizan-certificate", "")
    return said if _THUMBPRINT.fullmatch(said) else ""


def group_of(request: Request) -> str:
    """Return the key agreement of the client's connection as the gateway tells it, a word of `tls_groups`, or nothing."""
    found = request.headers.getlist("x-bartizan-group")
    return found[0] if len(found) == 1 else ""
