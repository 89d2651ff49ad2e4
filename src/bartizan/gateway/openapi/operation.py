"""One operation of a description: what it takes, judged feature by feature.

Rules of this file: what is described and cannot be judged here leaves the operation out, by name; nothing of a
description is passed over that would have a request look otherwise than it is judged.
Source: OpenAPI 3.0.4 4.7.10 to 4.7.14, 3.1.1 4.8.10 to 4.8.14.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.gateway.openapi.document import LeftOut, Place, invalid, resolved
from bartizan.gateway.openapi.payload import SchemaBody
from bartizan.gateway.openapi.schema import Schemas
from bartizan.gateway.openapi.target import Parameter
from bartizan.gateway.openapi.template import Template, split
from bartizan.gateway.openapi.values import KINDS

METHODS: Final = {"get": b"GET", "post": b"POST", "put": b"PUT", "patch": b"PATCH", "delete": b"DELETE"}
"""Word of a path item -> the method that is served; a GET takes HEAD too."""
_OTHERS: Final = ("head", "options", "trace")
_BODIED: Final = frozenset({"post", "put", "patch"})
_JSON: Final = "application/json"
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple"}
_FIELD: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that a description cannot declare (OpenAPI 4.7.12.2)."""
_OURS: Final = re.compile(
    r"(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|expect|content-.*|via"
    r"|accept-encoding|cookie|set-cookie|dpop|forwarded|x-forwarded-.*|x-real-ip|x-bartizan-.*|x-request-id|traceparent"
    r"|tracestate|x-api-key|api-key|range|if-.*|max-forwards|origin|date"
    r"|x-http-method(?:-override)?|x-method-override|x-(?:original|rewrite)-(?:url|uri|host)|x-host)"
)
"""Fields that the gateway itself says, or that lead a request or its answer elsewhere: to another method or path, too."""


class Operation(msgspec.Struct, frozen=True):
    """What is served of a description.

    Attributes:
        id: as described; policies name it so.
        name: its word in events.
        method: that it takes.
        path: segments of its template, each in braces where it is a parameter.
        places: positions of those, with what they take.
        query, fields: what may be said there.
        body: reads its body; None where it has none.
    """

    id: str
    name: str
    method: bytes
    path: Template
    places: tuple[tuple[int, Parameter], ...]
    query: tuple[Parameter, ...]
    fields: tuple[Parameter, ...]
    body: SchemaBody | None


class Reading:
    """Reads the operations of one description."""

    def __init__(self, root: Place, *, old: bool) -> None:
        """Take a description; `old` is 3.0."""
        self._root, self._schemas = root, Schemas(root, old=old)

    def operation(self, path: str, item: Place, word: str, said: tuple[str, str]) -> Operation:
        """Return one operation.

        Args:
            path: its template.
            item: the path item.
            word: its method, as the item has it.
            said: its id and its name.
        Raises:
            LeftOut: it has a feature that is not judged here.
            DocumentInvalid: it says something that it may not.
        """
        place = item.at(word)
        if word in _OTHERS:
            raise LeftOut(place.pointer, "has a method that is not served; HEAD is, wherever there is a GET")
        parameters = self._parameters(item, place)
        segments = segments_of(path, item)
        return Operation(
            *said,
            method=METHODS[word],
            path=segments,
            places=self._places(segments, parameters, place),
            query=tuple(self._several(parameters, "query")),
            fields=tuple(self._several(parameters, "header")),
            body=self._body(place.at("requestBody"), word),
        )

    def _parameters(self, item: Place, place: Place) -> dict[tuple[str, str], Place]:
        """Return parameters by where they stand and their name; an operation's own replace those of its path."""
        found: dict[tuple[str, str], Place] = {}
        for level in (item, place):
            own: set[tuple[str, str]] = set()
            for listed in level.at("parameters").list():
                one = resolved(self._root, listed)
                where, name = one.at("in").text(), one.at("name").text()
                if not name or where not in ("path", "query", "header", "cookie"):
                    raise invalid(one, "must have a `name`, and `in` must be path, query, header or cookie")
                key = (where, name.lower() if where == "header" else name)
                if key in own:
                    raise invalid(listed, "declares the same parameter a second time")
                own.add(key)
                found[key] = one
        for (where, _), one in found.items():
            if where == "cookie":
                raise LeftOut(one.pointer, "is a cookie, and no cookie goes on to a service")
        return found

    def _places(
        self, segments: Template, parameters: dict[tuple[str, str], Place], place: Place
    ) -> tuple[tuple[int, Parameter], ...]:
        names = [(at, part[1:-1]) for at, part in enumerate(segments) if part.startswith("{")]
        said = {name for where, name in parameters if where == "path"}
        for name in [name for _, name in names]:
            if name not in said:
                raise invalid(place, f"has a path with {{{name}}}, which no parameter declares")
        for name in said - {name for _, name in names}:
            raise invalid(
                parameters["path", name], "is a parameter of the path, and the path does not have it"
            )
        return tuple((at, self._parameter(parameters["path", name], "path")) for at, name in names)

    def _several(self, parameters: dict[tuple[str, str], Place], wanted: str) -> Iterator[Parameter]:
        for (where, name), place in parameters.items():
            if where != wanted or (where == "header" and name in _IGNORED):
                continue
            if where == "header" and (not _FIELD.fullmatch(name) or _OURS.fullmatch(name)):
                raise LeftOut(place.pointer, "is a header field that the gateway keeps to itself")
            yield self._parameter(place, where)

    def _parameter(self, place: Place, where: str) -> Parameter:
        for word in ("content", "allowReserved", "allowEmptyValue"):
            if place.at(word).value:
                raise LeftOut(
                    place.at(word).pointer,
                    "is a form of parameters that is not judged here; say `schema` alone",
                )
        style = place.at("style").text()
        if style and style != _STYLES[where]:
            raise LeftOut(
                place.at("style").pointer, f'is a style that is not judged here; say "{_STYLES[where]}"'
            )
        schema = place.at("schema")
        if schema.value is None:
            raise invalid(place, "must have a `schema`")
        kind, at = self._schemas.kind(schema)
        several = kind == "array"
        if several and where == "query":
            kind, at = self._schemas.kind(at.at("items"))
        if kind not in KINDS:
            raise LeftOut(schema.pointer, f"makes a {where} parameter of a kind that is not judged here")
        name = place.at("name").text()
        explode = place.at("explode").value
        return Parameter(
            name=name.lower() if where == "header" else name,
            kind=kind,
            judge=self._schemas.judge(schema),
            required=place.at("required").truth(),
            several=several,
            repeated=explode is not False,
        )

    def _body(self, place: Place, word: str) -> SchemaBody | None:
        if place.value is None:
            return None
        place = resolved(self._root, place)
        needed = place.at("required").truth()
        if word not in _BODIED:
            if needed:
                raise LeftOut(place.pointer, f"is the body of a {word.upper()}, which takes none here")
            return None
        media = place.at("content").at(_JSON)
        if media.value is None:
            kinds = ", ".join(kind for kind, _ in place.at("content").table())
            raise LeftOut(place.at("content").pointer, f"has no application/json, only {kinds or 'nothing'}")
        schema = media.at("schema")
        if schema.value is None:
            raise LeftOut(media.pointer, "has no schema, so any JSON would pass; describe the body")
        return SchemaBody(self._schemas.judge(schema), needed=needed)


_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+|\{[A-Za-z0-9._-]{1,64}\}")


def segments_of(path: str, item: Place) -> Template:
    """Return the segments of a template.

    Raises:
        LeftOut: a segment is of a form that is not served.
        DocumentInvalid: it is no template.
    """
    if not path.startswith("/"):
        raise invalid(item, "must be a path that begins with /")
    segments = split(path)
    last = len(segments) - 1
    for at, part in enumerate(segments):
        if part in (".", "..") or (not part and at != last) or (part and not _SEGMENT.fullmatch(part)):
            raise LeftOut(
                item.pointer, "is a path with a segment that is neither plain text nor one {parameter} alone"
            )
    names = [part for part in segments if part.startswith("{")]
    if len(names) != len(set(names)):
        raise invalid(item, "names the same parameter twice")
    return segments
