"""Which formats there are, and over what each can go. Data.

Rules of this file: a format that is one line an entry goes over everything but what has a form of its own.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bartizan.connectors import cef, ecs, leef, native, ocsf
from bartizan.connectors.source import Source
from bartizan.ledger.entry import Entry

Encoder = Callable[[Source, Entry], bytes]
"""Returns an entry as one line, without its end."""

LINES: Final[Mapping[str, Encoder]] = {
    "ocsf": ocsf.encode,
    "ecs": ecs.encode,
    "json": native.encode,
    "cef": cef.encode,
    "leef": leef.encode,
}
"""Formats that are one line an entry."""
REQUESTS: Final = frozenset({"splunk", "otlp", "webhook"})
"""Formats that are requests of HTTP of their own form."""
_JSON: Final = frozenset({"ocsf", "ecs", "json"})
_WEB: Final = frozenset({"http", "https"})


def goes_over(kind: str, scheme: str) -> bool:
    """Return whether entries of a format can go to a URL of a scheme."""
    if scheme in _WEB:
        return kind in REQUESTS or kind in _JSON
    return kind in LINES
