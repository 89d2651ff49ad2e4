"""The routes of one described service: a path finds its template, and a request becomes what goes on of it.

Rules of this file: concrete templates come before open ones (OpenAPI 4.7.8.1); those of which neither is the more
concrete do not exist (`describe.py`). A concrete segment is sent as it is described, never escaped or in another case: what a
service could take for it is not let through as a value either (`template.py`).
"""

import json
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.gateway.body import NoBody
from bartizan.gateway.faults import refusal
from bartizan.gateway.judged import Reader
from bartizan.gateway.openapi.describe import Described, described
from bartizan.gateway.openapi.operation import Operation
from bartizan.gateway.openapi.target import fields, query, segment
from bartizan.gateway.openapi.template import Template, rivals
from bartizan.gateway.openapi.values import decoded
from bartizan.gateway.request import RequestHead

_OPEN: Final = b"{}"
_SEGMENTS: Final = 32
"""Segments of a path that is looked for."""
_NOTHING: Final = NoBody()

Methods = dict[bytes, Operation]


class Asked(msgspec.Struct, frozen=True):
    """What one request asks for, its head judged.

    Attributes:
        operation: which.
        way: path and query of the request to the service, below its own path.
        lines: header fields that go on, each line with its CR LF.
        reader: of the body.
    """

    operation: Operation
    way: bytes
    lines: bytes
    reader: Reader


class Api:
    """The operations of one service.

    Attributes:
        fields: lower-case names of the header fields that some operation takes.
    """

    __slots__ = ("_rivals", "_shapes", "_table", "fields")

    def __init__(self, found: Described) -> None:
        """Lay the routes of what is served."""
        self._table: dict[bytes, Methods] = {}
        shapes: dict[int, set[tuple[int, ...]]] = {}
        self.fields: frozenset[bytes] = frozenset()
        for one in found.operations:
            places = tuple(at for at, _ in one.places)
            shapes.setdefault(len(one.path), set()).add(places)
            self._table.setdefault(_key([part.encode() for part in one.path], places), {})[one.method] = one
            self.fields |= {field.name.encode() for field in one.fields}
        self._shapes: Mapping[int, list[tuple[int, ...]]] = {
            length: sorted(several, key=lambda places: (len(places), places))
            for length, several in shapes.items()
        }
        self._rivals = rivals((one.path for one in found.operations), found.templates)

    def asked(self, path: bytes, head: RequestHead) -> Asked | None:
        """Return what a request asks for; None where there is no such path.

        Args:
            path: below the service, beginning with a slash.
            head: of the request.
        Raises:
            Refusal: the path takes other methods, or a parameter is not as it is described.
        """
        if path.count(b"/") > _SEGMENTS:
            return None
        segments = path[1:].split(b"/")
        methods = self._methods(segments)
        if methods is None or self._means_another(next(iter(methods.values())).path, segments):
            return None
        operation = methods.get(b"GET" if head.method == b"HEAD" else head.method)
        if operation is None:
            names = {name.decode() for name in (*methods, *([b"HEAD"] if b"GET" in methods else []))}
            raise refusal("method-not-allowed", allow=", ".join(sorted(names)))
        return _judged(operation, segments, head)

    def _methods(self, segments: list[bytes]) -> Methods | None:
        for places in self._shapes.get(len(segments), ()):
            methods = self._table.get(_key(segments, places))
            if methods is not None:
                return methods
        return None

    def _means_another(self, template: Template, segments: list[bytes]) -> bool:
        """Return whether a service could take a path for one of another template than was found for it."""
        return any(
            all(any(map(form.fullmatch, _read(segments[at]))) for at, form in checks)
            for checks in self._rivals.get(template, ())
        )


def _read(octets: bytes) -> tuple[str, str]:
    """Return what a service may read in a segment: all of it, or what stands before its parameters (RFC 3986 3.3)."""
    text = (decoded(octets, segment=True) or "").casefold()
    return text, text.partition(";")[0]


def _key(segments: list[bytes], places: tuple[int, ...]) -> bytes:
    return b"/".join([_OPEN if at in places else one for at, one in enumerate(segments)])


def _judged(operation: Operation, segments: list[bytes], head: RequestHead) -> Asked:
    written = list(segments)
    for at, one in operation.places:
        written[at] = segment(one, segments[at])
    return Asked(
        operation,
        b"/" + b"/".join(written) + query(head.query, operation.query),
        fields(head.fields, operation.fields),
        operation.body or _NOTHING,
    )


def api(description: str) -> Api:
    """Return the routes of a description.

    Args:
        description: JSON, judged when the platform was started.
    Raises:
        DocumentInvalid: it says something that it may not.
    """
    return Api(described(json.loads(description)))
