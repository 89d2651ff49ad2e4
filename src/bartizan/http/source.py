"""The network that a request came from, as the gateway names it."""

import re
from typing import Final

from starlette.requests import Request

_SOURCE: Final = re.compile(r"a-[0-9a-f]{16}")


def source(request: Request) -> str:
    """Return the pseudonym of the network that asks; empty where the gateway names none.

    The gateway writes this field itself and passes none of a client's on. One that lies hides where tries come from, and
    gets nothing else by it.
    """
    found = request.headers.getlist("x-bartizan-source")
    return found[0] if len(found) == 1 and _SOURCE.fullmatch(found[0]) else ""
