"""Entries for Splunk's HTTP Event Collector: JSON objects, one after the other. Pure.

Source: Splunk, Format events for HTTP Event Collector; Troubleshoot HTTP Event Collector (codes of answers).
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.connectors.source import Source, uid
from bartizan.ledger.entry import Entry
from bartizan.typed_json import decoded

PATH: Final = "/services/collector/event"
"""Where collectors take events, unless told otherwise."""
_SECOND: Final = 1_000_000_000
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as the collector takes it; its instant in seconds with all its digits."""
    seconds, rest = divmod(entry.event.at, _SECOND)
    place = {"entry": entry.index, "segment": entry.segment, "sequence": entry.sequence}
    return _ENCODER.encode(
        {
            "time": msgspec.Raw(f"{seconds}.{rest:09}".encode()),
            "host": source.host if source.host != "-" else source.ledger,
            "source": source.ledger,
            "sourcetype": "bartizan:entry",
            "event": msgspec.to_builtins(entry.event) | place,
            "fields": {"entry_id": uid(source, entry)},
        }
    )


def request(source: Source, entries: Iterable[Entry]) -> bytes:
    """Return the body of a request that tells these entries."""
    return b"\n".join(encode(source, entry) for entry in entries)


class _Answer(msgspec.Struct):
    """What the collector says; its text is a stranger's and not read."""

    code: int


def taken(body: bytes) -> bool:
    """Return whether an answer of success says so itself: code 0.

    Raises:
        ValueError: it is no such answer.
    """
    return decoded(body, _Answer).code == 0
