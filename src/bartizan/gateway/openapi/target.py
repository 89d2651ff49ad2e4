"""The parameters of an operation: read out of path, query and header fields, judged, and written anew.

Rules of this file: what is not declared is refused in a query and left behind in a head. A parameter that may stand once
stands once. What goes on is written from the judged values, in the order of the description.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bartizan.gateway.faults import Refusal, refusal
from bartizan.gateway.openapi.payload import not_taken
from bartizan.gateway.openapi.schema import Judge
from bartizan.gateway.openapi.values import Simple, decoded, encoded, typed, untyped

PAIRS: Final = 64
"""Pairs of one query."""
FIELD_OCTETS: Final = 1024
"""Octets of a header field that goes on."""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of an operation.

    Attributes:
        name: as described; of a header field, lower-case.
        kind: of its value, or of each of its values.
        judge: its schema.
        required: whether it must be there.
        several: whether it is a list.
        repeated: whether each value of the list has a pair of its own, rather than a comma behind it.
    """

    name: str
    kind: str
    judge: Judge
    required: bool = False
    several: bool = False
    repeated: bool = True


def segment(one: Parameter, octets: bytes) -> bytes:
    """Return a segment of a path, written anew. Raises `Refusal`."""
    return encoded(untyped(_single(one, octets, "path-invalid", segment=True)))


def query(octets: bytes, known: tuple[Parameter, ...]) -> bytes:
    """Return a query, written anew, with its question mark; nothing where it says nothing.

    Args:
        octets: what follows the question mark.
        known: what may be said.
    Raises:
        Refusal: it says something else; `param` names the parameter.
    """
    said = _said(octets, {one.name for one in known})
    pairs = b"&".join(pair for one in known for pair in _pairs(one, said.get(one.name, [])))
    return b"?" + pairs if pairs else b""


def _said(octets: bytes, known: set[str]) -> Mapping[str, list[bytes]]:
    said: dict[str, list[bytes]] = {}
    pieces = octets.split(b"&") if octets else []
    if len(pieces) > PAIRS:
        raise refusal("query-malformed")
    for piece in pieces:
        left, equals, right = piece.partition(b"=")
        name = decoded(left, segment=False)
        if not name or not equals:
            raise refusal("query-malformed")
        if name not in known:
            raise not_taken("query-unknown", name)
        said.setdefault(name, []).append(right)
    return said


def _pairs(one: Parameter, found: list[bytes]) -> Iterator[bytes]:
    name = encoded(one.name)
    if not found:
        if one.required:
            raise refusal("query-missing", param=one.name)
        return
    if len(found) > 1 and not (one.several and one.repeated):
        raise refusal("query-repeated", param=one.name)
    if not one.several:
        yield b"%b=%b" % (name, encoded(untyped(_single(one, found[0], "query-invalid", segment=False))))
        return
    parts = found if one.repeated else found[0].split(b",")
    values = [_value(one, decoded(part, segment=False), "query-invalid") for part in parts]
    if not one.repeated and any("," in untyped(value) for value in values):
        raise _refused(one, "query-invalid", "")  # who decodes before it splits would see more values
    _require(one, values, "query-invalid")
    written = [encoded(untyped(value)) for value in values]
    if one.repeated:
        yield from (b"%b=%b" % (name, value) for value in written)
    else:
        yield b"%b=%b" % (name, b",".join(written))


def fields(found: Mapping[bytes, bytes], known: tuple[Parameter, ...]) -> bytes:
    """Return the lines of the header fields that go on, written anew. Raises `Refusal`."""
    return b"".join(_line(one, found.get(one.name.encode())) for one in known)


def _line(one: Parameter, octets: bytes | None) -> bytes:
    if octets is None:
        if one.required:
            raise refusal("field-line-missing", param=one.name)
        return b""
    if not octets or len(octets) > FIELD_OCTETS or b"\t" in octets:
        raise refusal("field-value-refused", param=one.name)
    value = _value(one, octets.decode("ascii"), "field-value-refused")
    _require(one, value, "field-value-refused")
    return b"%b: %b\r\n" % (one.name.encode(), untyped(value).encode("ascii"))


def _single(one: Parameter, octets: bytes, reason: str, *, segment: bool) -> Simple:
    value = _value(one, decoded(octets, segment=segment), reason)
    _require(one, value, reason)
    return value


def _value(one: Parameter, text: str | None, reason: str) -> Simple:
    value = None if text is None else typed(text, one.kind)
    if value is None:
        raise _refused(one, reason, "type" if text is not None else "")
    return value


def _require(one: Parameter, value: Simple | list[Simple], reason: str) -> None:
    found = one.judge(value)
    if found is not None:
        raise _refused(one, reason, found[1])


def _refused(one: Parameter, reason: str, keyword: str) -> Refusal:
    return not_taken(reason, one.name, keyword)
