"""Where a client's token stands in a head, and which of its other fields go on.

Rules of this file: pure, over the fields of one head. A token may stand in one field beside Authorization, where
the clients of a protocol put it; two that differ refuse the request, for somebody would else choose between them.
A field goes on only where its whole value has the form that its protocol gives it.
"""

import re
from collections.abc import Mapping

import msgspec

from bartizan.gateway.faults import refusal
from bartizan.gateway.request import RequestHead


class Told(msgspec.Struct, frozen=True):
    """A field of a client's head that goes on to the service.

    Attributes:
        name: lower-case.
        form: of one word of its value.
        words: that its value may have, separated by commas.
    """

    name: bytes
    form: re.Pattern[bytes]
    words: int = 1


def presented(head: RequestHead, key: bytes) -> str:
    """Return the token that a head presents, or nothing.

    Args:
        head: of the request.
        key: lower-case name of the field that may hold it beside Authorization, or empty.
    Raises:
        Refusal: the two fields hold different ones.
    """
    beside = head.fields.get(key, b"").decode() if key else ""
    if beside and (head.token or b"authorization" in head.fields) and beside != head.token:
        raise refusal("credentials-differ")
    return beside or head.token


def told(fields: Mapping[bytes, bytes], known: tuple[Told, ...]) -> bytes:
    """Return the lines of the fields that go on, each written anew from its words.

    Args:
        fields: of the request's head.
        known: which.
    Raises:
        Refusal: one has another form.
    """
    return b"".join(_line(one, fields[one.name]) for one in known if one.name in fields)


def _line(one: Told, value: bytes) -> bytes:
    words = [word.strip() for word in value.split(b",")]
    if len(words) > one.words or not all(map(one.form.fullmatch, words)):
        raise refusal("field-value-refused", param=one.name.decode())
    return b"%b: %b\r\n" % (one.name, b",".join(words))
