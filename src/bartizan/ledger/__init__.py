"""The one tamper-evident record: events, journal segments, the sealed tree, checkpoints, queries."""
