"""The query of a target: named parameters alone, each of its own form.

Rules of this file: what goes on is written anew from the pairs that were read. A parameter that the route does
not have, one that stands twice where it may stand once, or a value of another form refuses the request.
Percent-encoding is taken in two places: the brackets that OpenAI's client puts behind the name of a list, and the
colons of the one request URI that browsers bring.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.gateway.faults import refusal

PAIRS: Final = 16
"""Parameters of one query."""
_NAME: Final = re.compile(rb"([a-z][a-z0-9_-]{0,31})((?:%5[Bb]%5[Dd]|\[\])?)")
_BRACKETS: Final = b"%5B%5D"

Pairs = tuple[tuple[str, str], ...]


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a query.

    Attributes:
        form: of its value.
        required: whether a query must have it.
        several: whether it may stand more than once; then its name has brackets behind it.
    """

    form: re.Pattern[str]
    required: bool = False
    several: bool = False


Parameters = Mapping[str, Parameter]
"""Name -> parameter: what the queries of one route may say."""


def parameter(form: str, *, required: bool = False, several: bool = False) -> Parameter:
    """Return a parameter whose values match this pattern as a whole."""
    return Parameter(re.compile(form), required, several)


def read_query(query: bytes, known: Parameters) -> Pairs:
    """Return the pairs of a query, judged; names of lists without their brackets.

    Args:
        query: what follows the question mark, of the characters that `request.py` takes.
        known: what the route takes.
    Raises:
        Refusal: it is not of that form; `param` names the parameter.
    """
    if query and not known:
        raise refusal("query-refused")
    pieces = query.split(b"&") if query else []
    if len(pieces) > PAIRS:
        raise refusal("query-malformed")
    pairs = tuple(_pair(piece, known) for piece in pieces)
    names = [name for name, _ in pairs]
    for name, one in known.items():
        if names.count(name) > 1 and not one.several:
            raise refusal("query-repeated", param=name)
        if one.required and name not in names:
            raise refusal("query-missing", param=name)
    return pairs


def _pair(piece: bytes, known: Parameters) -> tuple[str, str]:
    left, equals, value = piece.partition(b"=")
    shape = _NAME.fullmatch(left)
    if shape is None or not equals:
        raise refusal("query-malformed")
    name = shape[1].decode()
    one = known.get(name)
    if one is None or bool(shape[2]) is not one.several:
        raise refusal("query-unknown", param=name)
    if one.form.fullmatch(value.decode()) is None:
        raise refusal("query-invalid", param=name)
    return name, value.decode()


def write_query(pairs: Pairs, known: Parameters) -> bytes:
    """Return the query that says these pairs, with its question mark; nothing where there are none."""
    written = (
        b"%b%b=%b" % (name.encode(), _BRACKETS if known[name].several else b"", value.encode())
        for name, value in pairs
    )
    return b"?" + b"&".join(written) if pairs else b""
