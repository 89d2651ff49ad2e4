"""Certificates that stand one behind the other, with nothing between: how SPIFFE's messages hold several.

Rules of this file: pure; lengths alone are read, and each in its shortest form.
Source: X.690, sections 8.1 and 10.1; Workload API specification, section 5.2.2.
"""

from typing import Final

_SEQUENCE: Final = 0x30
_LONG: Final = 0x80
_MOST_LENGTH: Final = 3


def sequences(octets: bytes) -> list[bytes]:
    """Return the DER sequences that octets are made up of.

    Raises:
        ValueError: they are made up of something else.
    """
    found: list[bytes] = []
    at = 0
    while at < len(octets):
        end = _end(octets, at)
        found.append(octets[at:end])
        at = end
    return found


def _end(octets: bytes, at: int) -> int:
    """Return where the sequence ends that begins there."""
    head = octets[at : at + 2]
    if len(head) < 2 or head[0] != _SEQUENCE:  # noqa: PLR2004  # tag and length
        raise ValueError("not a sequence")
    begin, length = at + 2, head[1]
    if length & _LONG:
        count = length & ~_LONG
        length = int.from_bytes(octets[begin : begin + count], "big")
        shortest = length >= _LONG and length.bit_length() > 8 * (count - 1)
        if not 1 <= count <= _MOST_LENGTH or not shortest:
            raise ValueError("a length is not in its shortest form")
        begin += count
    if begin + length > len(octets):
        raise ValueError("a sequence ends too early")
    return begin + length
