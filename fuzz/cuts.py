"""Inputs that say where they are cut: the octets of a connection, and how they arrive."""

from itertools import pairwise


def parts_of(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the octets of an input, and the same in pieces.

    Args:
        data: a number of cuts (modulo 4), two octets for the place of each, and the octets.
    """
    count = data[0] % 4 if data else 0
    places, octets = data[1 : 1 + 2 * count], data[1 + 2 * count :]
    marks = {
        int.from_bytes(places[at : at + 2], "big") % (len(octets) + 1) for at in range(0, len(places), 2)
    }
    return octets, [octets[start:end] for start, end in pairwise(sorted(marks | {0, len(octets)}))]


def uncut(octets: bytes) -> bytes:
    """Return an input without a cut."""
    return b"\0" + octets


def cut_at(octets: bytes, *places: int) -> bytes:
    """Return an input with up to three cuts."""
    return bytes([len(places)]) + b"".join(place.to_bytes(2, "big") for place in places) + octets
