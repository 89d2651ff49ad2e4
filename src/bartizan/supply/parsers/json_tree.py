"""JSON from a stranger as plain values: one reading, bounded before it is parsed.

Source: RFC 8259; `bartizan.strict_json` for names that stand twice.
"""

import json
from typing import Any, Final

from bartizan.strict_json import MemberRepeated, no_constant, once
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets

LARGEST: Final = 128 << 20
"""Octets of a document."""
MOST: Final = 8_000_000
"""Values and names of a document: a tokenizer of 262,000 words with 580,000 merges has 3 million."""
DEEPEST: Final = 200
"""Levels of a document."""
_MARKS: Final = (b",", b"[", b"{", b":")


def parsed(octets: Octets, budget: Budget, *, constants: bool = False) -> Any:  # noqa: ANN401 - JSON is what it is
    """Return the value of a document: dict, list, str, int, float, bool or None.

    Args:
        octets: the whole document, UTF-8, with nothing but white space around the value.
        budget: a step is taken from it for each 16 octets and each value.
        constants: whether `NaN` and `Infinity` are numbers, which Python writes.

    Raises:
        Damaged: it is not JSON, or has two readings, or is too large.
        Exhausted: the budget is.
    """
    if len(octets) > LARGEST:
        raise Damaged("json-too-large", f"it has more than {LARGEST >> 20} MiB of JSON")
    raw = bytes(octets.view)
    marks = sum(raw.count(mark) for mark in _MARKS)
    if marks > MOST:
        raise Damaged("json-too-large", f"it has more than {MOST:,} values")
    budget.spend(len(raw) // 16 + marks)
    try:
        text = raw.decode()
        tree = (
            json.loads(text, object_pairs_hook=once)
            if constants
            else json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
        )
    except MemberRepeated:
        raise Damaged("json-name-twice", "an object names a member twice, so it has two readings") from None
    except RecursionError:
        raise Damaged("too-deep", "its JSON is nested too deep") from None
    except ValueError as fault:
        at = fault.pos if isinstance(fault, json.JSONDecodeError) else -1
        raise Damaged("json-malformed", "its JSON is malformed, or goes on after its end", at) from None
    return tree
