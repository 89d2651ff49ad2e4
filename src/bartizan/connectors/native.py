"""Entries in the ledger's own words: one JSON object each. Pure."""

import msgspec

from bartizan.connectors.source import Source
from bartizan.ledger.entry import Entry

_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as one line of JSON: the event's parts, with `ledger`, `entry`, `segment` and `sequence`."""
    event = msgspec.to_builtins(entry.event)
    place = {"entry": entry.index, "segment": entry.segment, "sequence": entry.sequence}
    return _ENCODER.encode(event | place | {"ledger": source.ledger})
