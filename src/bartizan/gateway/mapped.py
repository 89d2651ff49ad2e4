"""Statuses of a service that must not reach its client as they are, and what the client is told instead.

Rules of this file: pure. What a service says of our credential is nothing to its clients, a redirect would lead them
past the gateway, and a failure is told in the words of the client's protocol.
"""

from typing import Final

_FAULTS: Final = {
    401: "upstream-credential",
    403: "upstream-credential",
    407: "upstream-credential",
    503: "upstream-unavailable",
    504: "upstream-timeout",
    529: "upstream-unavailable",  # Anthropic's word for overloaded
}
_SEE_OTHER: Final = 303
_REDIRECTS: Final = range(300, 400)
_FAILURES: Final = range(500, 600)


def mapped(status: int, *, public: bool, page: bool = False) -> str:
    """Return the fault that stands for a status, or nothing where the status may reach the client.

    Args:
        status: of a service's answer.
        public: whether the route is one of our own services', which anybody may ask.
        page: whether it is one of our own pages, which lead to others (303).
    """
    if page and status == _SEE_OTHER:
        return ""
    if status in _REDIRECTS:
        return "upstream-redirect"
    if public and status not in _FAILURES:
        return ""
    return _FAULTS.get(status) or ("upstream-failed" if status in _FAILURES else "")
