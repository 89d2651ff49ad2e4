"""The JSON body of an operation: judged by its schema, and written anew with every digit of its numbers.

Rules of this file: as of `body.py`. A number that no double holds goes on as it came, and is judged as it is.
"""

import json
from decimal import Decimal
from typing import Final

import msgspec

from bartizan.gateway.faults import FAULTS, Refusal, refusal
from bartizan.gateway.judged import NOTHING, Judged
from bartizan.gateway.openapi.document import escaped
from bartizan.gateway.openapi.schema import Judge
from bartizan.gateway.openapi.values import number
from bartizan.gateway.structure import structure_fault
from bartizan.strict_json import MemberRepeated, no_constant, once

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_POINTER_LENGTH: Final = 128


class _OutOfRange(ValueError):
    pass


def _number(text: str) -> int | Decimal:
    found = number(text)
    if found is None:
        raise _OutOfRange
    return found


_DECODE: Final = json.JSONDecoder(
    object_pairs_hook=once, parse_float=_number, parse_int=_number, parse_constant=no_constant
).decode


class SchemaBody:
    """Reads the bodies of one operation."""

    __slots__ = ("_judge", "_needed")
    media: Final = b"application/json"

    def __init__(self, judge: Judge, *, needed: bool) -> None:
        """Take bodies that this schema takes; none at all, where one is not `needed`."""
        self._judge, self._needed = judge, needed

    def read(self, body: bytes) -> Judged:
        """Return the body, judged.

        Raises:
            Refusal: it is not JSON, is nested too deep or built of too many parts, names a member twice, has a
                number out of range, or the schema does not take it; `param` is a JSON pointer then.
        """
        if not body and not self._needed:
            return NOTHING
        fault = structure_fault(body)
        if fault:
            raise refusal(fault)
        try:
            value = _DECODE(body.decode())
            octets = _ENCODE(value)
        except MemberRepeated:
            raise refusal("json-member-repeated") from None
        except _OutOfRange:
            raise refusal("json-number-range") from None
        except ValueError:  # neither UTF-8 nor JSON, or half of a pair of surrogates
            raise refusal("json-malformed") from None
        found = self._judge(value)
        if found is not None:
            raise not_taken("body-invalid", "".join(f"/{escaped(str(step))}" for step in found[0]), found[1])
        return Judged(octets)


def not_taken(reason: str, param: str, keyword: str = "") -> Refusal:
    """Return the refusal of a value that a schema does not take, to be raised.

    Args:
        reason: of `FAULTS`.
        param: what is at fault: a JSON pointer into the body, or the name of a parameter.
        keyword: of the schema, where one says so.
    """
    said = f"{FAULTS[reason].what[:-1]} (by `{keyword}` of its description)." if keyword else ""
    return refusal(reason, param=_printable(param[:_POINTER_LENGTH]), what=said)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
