"""Bundles of entries, as exports have them: whatever the octets, they are taken apart to the last one or refused."""

from bartizan.ledger.tiles import TileMalformed, bundle, entries_of
from fuzz.target import Target


def run(data: bytes) -> str:
    try:
        entries = entries_of(data)
    except TileMalformed as fault:
        return str(fault)
    assert bundle(entries) == data
    return f"{min(len(entries), 4)} {not all(entries)}"


TARGET = Target(
    modules=("bartizan.ledger.tiles",),
    run=run,
    seeds=(b"", bundle([b"a", b"", b"bc"]), bundle([b"x" * 300])),
    words=(b"\x00\x00", b"\x00\x01", b"\xff\xff"),
)
