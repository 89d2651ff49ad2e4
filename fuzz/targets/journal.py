"""Segments of a journal: whatever became of the octets, only what was written is read, in order and from the start.

An input is what was done to a segment of six records: octets that replace others, or a place where it is cut.
"""

from bartizan.ledger.segment import Fault, judge_tail, read, seal
from fuzz.target import Target

_KEY = bytes(range(32))
_BODIES = [b'{"a":1}', b'{"b":"%b"}' % (b"x" * 40), b"{}", b'{"c":[1,2,3]}', b"z", b'{"d":"}"}']


def _written() -> bytes:
    key, octets = _KEY, b""
    for at in range(0, len(_BODIES), 2):
        frame, key = seal(key, at, b"\n".join(_BODIES[at : at + 2]))
        octets += frame
    return octets


_SEGMENT = _written()


def run(data: bytes) -> str:
    octets = _done_to(data)
    found = read(octets, _KEY, 0)
    assert found.bodies == _BODIES[: len(found.bodies)]
    assert found.octets <= len(octets)
    assert octets[: found.octets] == _SEGMENT[: found.octets]
    assert found.sequence == len(found.bodies)
    half = read(octets[: found.octets], _KEY, 0)
    assert (half.bodies, half.fault) == (found.bodies, None)
    rest = read(octets[found.octets :], half.key, half.sequence)
    assert (rest.bodies, rest.octets, rest.fault) == ([], 0, found.fault)
    tail = octets[found.octets :]
    if found.fault is None and tail and not _SEGMENT[found.octets :].startswith(tail):
        assert judge_tail(tail, found.key, found.sequence) in (None, Fault.LENGTH)
    return f"{len(found.bodies)} {found.fault}"


def _done_to(data: bytes) -> bytes:
    """Return the segment after: 0 it is these octets; 1 they stand behind it; else they replace what is at a place."""
    if len(data) < 3:
        return data
    how, place, octets = data[0] % 4, int.from_bytes(data[1:3], "big") % (len(_SEGMENT) + 1), data[3:]
    if how == 0:
        return octets
    if how == 1:
        return _SEGMENT + octets
    gone = len(octets) if how == 2 else 0
    return _SEGMENT[:place] + octets + (_SEGMENT[place + gone :] if octets or how == 2 else b"")


TARGET = Target(
    modules=("bartizan.ledger.segment",),
    run=run,
    seeds=(
        b"\0\0\0" + _SEGMENT,
        b"\1\0\0",
        b"\1\0\0" + _SEGMENT[:40],
        b"\2\0\0\xff",
        b"\2\0\x04\xff",
        b"\2\0\x08\xff",
        b"\2\0\x20}",
        b"\3\0\x60",
        b"\3\0\0\0",
    ),
    words=(b"}", b"{}", b"\n", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00", b"\x00\x80\x00\x00"),
    longest=512,
)  # fmt: skip
