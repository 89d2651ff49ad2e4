"""Where a browser may be sent back to: the exact addresses that an application registered.

Rules of this file: pure. Addresses are compared as strings, octet by octet; nothing is decoded, joined or normalised.
Only the port of a loopback address, which a native application learns at its start, may differ.
Source: RFC 9700 section 4.1.3; RFC 8252 sections 7.1, 7.3 and 8.3.
"""

import re
from collections.abc import Iterable
from typing import Final

from bartizan.access.errors import RedirectRefused

MOST: Final = 8
"""Addresses of one application."""
LONGEST: Final = 255
"""Longest address, in characters."""
_CHARACTERS: Final = r"[A-Za-z0-9._~!$&'()+,;=:@%/?-]"
_WEB: Final = re.compile(rf"https://[a-z0-9.-]+(?::[0-9]{{1,5}})?/{_CHARACTERS}*")
_PRIVATE: Final = re.compile(rf"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:/{_CHARACTERS}*")
_LOOPBACK: Final = re.compile(rf"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{{1,5}}))?(/{_CHARACTERS}*)")
_PORTS: Final = range(1, 65_536)


def require_usable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return addresses that an application may register, each once.

    Raises:
        RedirectRefused: one is none that a browser may be sent to, or there are too many.
    """
    each = tuple(dict.fromkeys(addresses))
    if len(each) > MOST:
        raise RedirectRefused(f"at most {MOST} addresses are taken")
    for address in each:
        usable = any(form.fullmatch(address) for form in (_WEB, _PRIVATE, _LOOPBACK))
        if len(address) > LONGEST or not usable or "*" in address:
            raise RedirectRefused(
                "an address must be https://HOST/PATH, http://127.0.0.1/PATH, http://[::1]/PATH, or a private scheme "
                "with a dot (com.example.app:/PATH), without fragment, user or wildcard"
            )
    return each


def matches(asked: str, registered: Iterable[str]) -> bool:
    """Return whether a browser may be sent to this address.

    Args:
        asked: as the request says it.
        registered: by the application.
    """
    return len(asked) <= LONGEST and any(asked == each or _same_loopback(asked, each) for each in registered)


def _same_loopback(asked: str, registered: str) -> bool:
    one, other = _LOOPBACK.fullmatch(asked), _LOOPBACK.fullmatch(registered)
    if one is None or other is None or int(one[2] or 80) not in _PORTS:
        return False
    return (one[1], one[3]) == (other[1], other[3])
