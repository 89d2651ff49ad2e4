"""Reading a body whose type gives members a value that are left out: what is forwarded says what was sent, and no more.

Rules of this file: as of `body.py`. What was sent is read once, in a way that keeps every member, judged by its type, and
written anew from what was read.
"""

import json
from typing import Final

import msgspec

from bartizan.gateway.body import shape_refusal
from bartizan.gateway.faults import refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.structure import structure_fault
from bartizan.strict_json import MemberRepeated, no_constant, once

_ENCODE: Final = msgspec.json.Encoder().encode


class ExactBody:
    """Reads the JSON body of a small request; slower than `JsonBody`, which wants a type that leaves out what was not sent.

    Attributes:
        shape: of the body.
    """

    __slots__ = ("shape",)
    media: Final = b"application/json"

    def __init__(self, shape: type) -> None:
        """Take bodies of this shape."""
        self.shape: Final = shape

    def read(self, body: bytes) -> Judged:
        """Return the body, judged; raises as `JsonBody.read`."""
        fault = structure_fault(body)
        if fault:
            raise refusal(fault)
        try:
            sent = json.loads(body.decode(), object_pairs_hook=once, parse_constant=no_constant)
            msgspec.convert(sent, self.shape)
            return Judged(_ENCODE(sent))
        except MemberRepeated:
            raise refusal("json-member-repeated") from None
        except msgspec.ValidationError as wrong:
            raise shape_refusal(str(wrong)) from None
        except OverflowError:
            raise refusal("json-number-range") from None
        except (ValueError, RecursionError):
            raise refusal("json-malformed") from None
