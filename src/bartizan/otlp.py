"""What OTLP's requests share, whatever they tell, and what their answers mean: as JSON.

Rules of this file: pure. Whole numbers of 64 bits are strings.
Source: OTLP specification 1.9 (OTLP/HTTP, JSON Protobuf encoding).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bartizan.typed_json import decoded

MEDIA: Final = "application/json"
Attribute = str | int | float | bool


def attributes(named: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    """Return attributes as a request has them."""
    return [{"key": key, "value": _value(value)} for key, value in named.items()]


def _value(value: Attribute) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


class _Answer(msgspec.Struct, rename="camel"):
    """How much of a request was not taken; what else it says is a stranger's text and not read."""

    partial_success: dict[str, msgspec.Raw] | None = None


def rejected(body: bytes, member: str) -> int:
    """Return how many things of a request an answer of success says that it did not take.

    Args:
        body: of the answer.
        member: what says it of such things: `rejectedSpans`.
    Raises:
        ValueError: it is no such answer.
    """
    if not body:
        return 0
    said = decoded(body, _Answer).partial_success or {}
    return max(0, int(msgspec.json.decode(said[member], type=int | str))) if member in said else 0
