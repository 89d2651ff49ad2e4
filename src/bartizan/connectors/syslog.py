"""Messages of syslog, and how a stream holds them apart: by counting their octets. Pure.

    <PRI>1 TIME HOST bartizan - KIND [origin ...][meta sequenceId="N"] MESSAGE

Rules of this file: octet counting alone, never a line end: what is in a message cannot begin another one.
Source: RFC 5424 (message), RFC 6587 section 3.4.1 and RFC 5425 section 4.3 (octet counting), RFC 5426 (UDP).
"""

import re
from datetime import UTC, datetime
from typing import Final

from bartizan.connectors.source import Severity, Source, severity
from bartizan.ledger.entry import Entry

_AUDIT: Final = 13
"""Facility: log audit."""
_SEVERITY: Final = {
    Severity.INFORMATIONAL: 6,
    Severity.LOW: 5,
    Severity.MEDIUM: 4,
    Severity.HIGH: 3,
    Severity.CRITICAL: 2,
}
_SECOND, _MICROSECOND = 1_000_000_000, 1_000
_LONGEST_ID, _LONGEST_HOST = 32, 255
_MOST_SEQUENCE: Final = 2**31 - 1
_HOST: Final = re.compile(r"[!-~]{1,255}")


def message(source: Source, entry: Entry, said: bytes) -> bytes:
    """Return a message.

    Args:
        source, entry: whose its head is.
        said: what it says, in one of the formats that are one line.
    """
    event = entry.event
    host = source.host[:_LONGEST_HOST]
    head = (
        f"<{_AUDIT * 8 + _SEVERITY[severity(event)]}>1 {_instant(event.at)} "
        f"{host if _HOST.fullmatch(host) else '-'} bartizan - {event.kind[:_LONGEST_ID]} "
        f'[origin software="bartizan" swVersion="{_parameter(source.version)}"]'
        f'[meta sequenceId="{entry.index % _MOST_SEQUENCE + 1}"] '
    )
    return head.encode("ascii", "replace") + said


def framed(octets: bytes) -> bytes:
    """Return a message as a stream carries it: its length, a space, its octets."""
    return b"%d %b" % (len(octets), octets)


def _instant(at: int) -> str:
    seconds, rest = divmod(at, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // _MICROSECOND:06}Z"


def _parameter(text: str) -> str:
    return re.sub(r'[^ -~]|["\\\]]', "?", text)
