"""JSON that has one reading: hooks for the standard library's decoder.

Source: RFC 8259 section 4 and RFC 7493 section 2.3, names within an object; RFC 8259 section 6, numbers.
"""

from typing import Any, NoReturn


class MemberRepeated(ValueError):
    """An object names the same member twice."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, as `object_pairs_hook`. Raises `MemberRepeated`."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MemberRepeated
    return found


def no_constant(_: str) -> NoReturn:
    """Refuse NaN and Infinity, as `parse_constant`: they are Python's. Raises `ValueError`."""
    raise ValueError("NaN and Infinity are not JSON")
