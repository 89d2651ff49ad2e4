"""The route table: which method and path leads where, and what is asked on the way.

Rules of this file: data. A path is looked up as a whole; where that finds nothing, once more with a segment left
open that a protocol says may vary, and that segment has a form of its own. Public routes stand in the same table
and go the same way, as the anonymous principal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Final

import msgspec

from bartizan.gateway.body import FormBody, NoBody
from bartizan.gateway.bounds import FORM_OCTETS
from bartizan.gateway.diagnosis import METHODS
from bartizan.gateway.ext_authz import PREFIX, PROTOCOL, READING, service_of
from bartizan.gateway.faults import refusal
from bartizan.gateway.openapi.api import Api, Asked, api
from bartizan.gateway.protocols.anthropic import ANTHROPIC
from bartizan.gateway.protocols.azure import AZURE
from bartizan.gateway.protocols.control import CONTROL
from bartizan.gateway.protocols.described import DESCRIBED
from bartizan.gateway.protocols.dialect import SEGMENTS, Dialect, Errors, Row
from bartizan.gateway.protocols.judge import JUDGE
from bartizan.gateway.protocols.mcp import MCP
from bartizan.gateway.protocols.openai import OPENAI
from bartizan.gateway.query import read_query, write_query
from bartizan.gateway.request import RequestHead, require_plain
from bartizan.gateway.route import Route
from bartizan.gateway.route_spec import RouteSpec
from bartizan.gateway.service import ServiceRoute

DIALECTS: Final[Mapping[str, Dialect]] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "azure": AZURE,
    "http": DESCRIBED,
    "mcp": MCP,
    "control": CONTROL,
    "judge": JUDGE,
}
"""Protocol of a service -> how its clients speak."""
_OPEN: Final = re.compile(r"\{([a-z]+)\}")
_ANY: Final = b"{}"
_UNSERVED: Final = re.compile(
    rb"(?:/[a-z0-9-]+)?(?:/openai)?/v1/(?:messages/batches|batches|files|uploads|fine_tuning|vector_stores|conversations|assistants"
    rb"|threads|containers|images|audio|videos|moderations|realtime|evals|skills)(?:/.*)?"
)
"""Paths that clients of these protocols know and that are not there: what stands behind them nobody would judge."""
_NOT_HERE: Final = (
    "There is no such route: batches, files, images, sound and what a service does later or keeps are not served, because nobody "
    "would judge them; send each request by itself."
)
_READING: Final = frozenset({b"GET", b"HEAD"})

Places = tuple[tuple[int, str], ...]
"""Positions of the open segments of a path, and their names."""


class Laid(msgspec.Struct, frozen=True):
    """A route with the row that it was laid from, which has what a target may vary.

    Attributes:
        row: of the protocol.
        route: of a target that varies nothing.
        places: positions of the open segments of its path, and their names.
    """

    row: Row
    route: Route
    places: Places


class Routes:
    """Every route of a configuration.

    Attributes:
        told: header fields that described services look at; None where there is no such service.
    """

    __slots__ = (
        "_apis",
        "_checks",
        "_default",
        "_errors",
        "_exact",
        "_laid",
        "_open",
        "_own",
        "_root",
        "_table",
        "told",
    )

    def __init__(self, services: Iterable[ServiceRoute], default: str) -> None:
        """Lay the routes: each service's below `/{service}`, the default one's at the root too, the platform's own there."""
        self._table: dict[bytes, Route] = {}
        self._checks: dict[tuple[bytes, bytes], Route] = {}
        self._laid: dict[bytes, list[Laid]] = {}
        self._open: dict[int, set[tuple[int, ...]]] = {}
        self._errors: dict[bytes, Errors] = {}
        self._exact: dict[bytes, Errors] = {}
        self._apis: dict[bytes, tuple[RouteSpec, Api]] = {}
        self._own: set[bytes] = set()
        self._default = default.encode()
        self._root = Errors.OPENAI
        number = count()
        for place, service in enumerate(services):
            if service.protocol == PROTOCOL:
                name = service.name.encode()
                self._checks.update(((name, spec.method), Route(spec)) for spec in _checks(service, place))
                continue
            dialect = DIALECTS[service.protocol]
            if not (dialect.public or dialect.own):
                self._errors[service.name.encode()] = dialect.errors
            if service.description:
                self._apis[service.name.encode()] = (_described(service, place), api(service.description))
            if service.name == default:
                self._root = dialect.errors
            for row, spec, places in _laid(service, dialect, default, place):
                self._lay(Laid(row, Route(spec, next(number)), places))
                self._keep(dialect, spec.path, places)
        several = [one.fields for _, one in self._apis.values()]
        self.told: frozenset[bytes] | None = frozenset[bytes]().union(*several) if several else None

    def _keep(self, dialect: Dialect, path: bytes, places: Places) -> None:
        """Keep apart from services what is the platform's own."""
        if dialect.own:
            self._exact[path] = dialect.errors
        if dialect.public and places:
            self._own.add(path.split(b"/")[1])

    def _lay(self, laid: Laid) -> None:
        if laid.places:
            places = tuple(at for at, _ in laid.places)
            self._open.setdefault(laid.route.path.count(b"/") + 1, set()).add(places)
        elif not any(one.required for one in laid.row.query.values()):
            self._table[laid.route.path] = laid.route
        self._laid.setdefault(laid.route.path, []).append(laid)

    def all(self) -> tuple[Route, ...]:
        """Return the routes, in the order in which they were laid; an open segment of a path is `{}`."""
        return tuple(laid.route for several in self._laid.values() for laid in several)

    def of(self, head: RequestHead) -> Route:
        """Return the route of a request.

        Raises:
            Refusal: there is none, it does not take the method, or its query is refused.
        """
        route = self._table.get(head.path)
        if route is None or head.query or head.method != route.method:
            return self._varied(head)
        return route

    def errors(self, path: bytes) -> Errors:
        """Return the shape of refusals for who asks for this path, whether or not a route is there."""
        if path in self._exact:
            return self._exact[path]
        first, _, rest = path[1:].partition(b"/")
        if rest and first in self._errors:
            return self._errors[first]
        return self._root if first in (b"v1", b"openai", b"mcp") else Errors.PROBLEM

    def _varied(self, head: RequestHead) -> Route:
        if self._apis:
            found = self._described(head)
            if found is not None:
                return found
            require_plain(head)
        if head.path.startswith(PREFIX):
            return self._check(head)
        several, segments = self._found(head.path)
        wanted = b"GET" if head.method == b"HEAD" else head.method
        for laid in several:
            if laid.route.method == wanted:
                return _filled(laid, head, segments)
        raise refusal("method-not-allowed", allow=_allow(laid.route.method for laid in several))

    def _described(self, head: RequestHead) -> Route | None:
        """Return the route of an operation; at the root, only where nothing else has its paths."""
        first, slash, rest = head.path[1:].partition(b"/")
        spec, found = self._apis.get(first, (None, None))
        asked = found.asked(b"/" + rest, head) if found is not None and slash else None
        if asked is None and self._at_root(first, head.path):
            spec, found = self._apis[self._default]
            asked = found.asked(head.path, head)
        if spec is None or asked is None:
            return None
        return _asked(spec, asked, head)

    def _at_root(self, first: bytes, path: bytes) -> bool:
        """Return whether a path may be the default service's own; what has its name may be, another's may not.

        Nor what lies beside the platform's own open paths: a call of the Admin API with a slip of the pen is nobody
        else's.
        """
        taken = (first in self._errors and first != self._default) or first in self._own
        return (
            self._default in self._apis
            and not taken
            and path not in self._laid
            and not path.startswith(PREFIX)
        )

    def _check(self, head: RequestHead) -> Route:
        if head.query:
            raise refusal("query-refused")
        route = self._checks.get((service_of(head.path), head.method))
        if route is None:
            raise refusal("route-unknown")
        return route

    def _found(self, path: bytes) -> tuple[list[Laid], tuple[bytes, ...]]:
        if path in self._laid:
            return self._laid[path], ()
        segments = path.split(b"/")
        for places in self._open.get(len(segments), ()):
            key = b"/".join([_ANY if at in places else one for at, one in enumerate(segments)])
            fitting = [laid for laid in self._laid.get(key, ()) if _fits(laid, segments)]
            if fitting:
                return fitting, tuple(segments)
        raise refusal("route-unknown", what=_NOT_HERE if _UNSERVED.fullmatch(path) else "")


def _fits(laid: Laid, segments: list[bytes]) -> bool:
    return all(SEGMENTS[name].fullmatch(segments[at]) for at, name in laid.places)


def _allow(methods: Iterable[bytes]) -> str:
    names = {name for method in methods for name in (method, *([b"HEAD"] if method == b"GET" else []))}
    return ", ".join(sorted(name.decode() for name in names))


def _filled(laid: Laid, head: RequestHead, segments: tuple[bytes, ...]) -> Route:
    """Return the route of one target: what it varies is written anew from what was judged."""
    route, row = laid.route, laid.row
    pairs = read_query(head.query, row.query)
    if not pairs and not laid.places:
        return route
    values = [segments[at] for at, _ in laid.places]
    said = {name: value.decode() for (_, name), value in zip(laid.places, values, strict=True)} | dict(pairs)
    fixed = route.upstream_path.split(_ANY)
    way = b"".join(part for pair in zip(fixed, [*values, b""], strict=True) for part in pair)
    filled = msgspec.structs.replace(
        route.spec,
        path=head.path + b"?" + head.query,
        upstream_path=way + write_query(pairs, row.query),
        reader=row.fill(said) if row.fill is not None else route.reader,
    )
    return Route(filled)


def _described(service: ServiceRoute, place: int) -> RouteSpec:
    """Return what all routes of a described service have in common."""
    return RouteSpec(
        name="",
        method=b"",
        path=b"",
        action="",
        service=service,
        upstream_path=service.base.encode(),
        reader=NoBody(),
        body_octets=0,
        public=False,
        place=place,
    )


def _asked(spec: RouteSpec, asked: Asked, head: RequestHead) -> Route:
    """Return the route of one request to a described service; nothing else of its target and head goes on."""
    operation = asked.operation
    written = msgspec.structs.replace(
        spec,
        name=operation.name,
        method=operation.method,
        path=head.path + b"?" + head.query,
        action="read" if head.method in _READING else "write",
        upstream_path=spec.upstream_path + asked.way,
        reader=asked.reader,
        body_octets=spec.service.limits.body_octets if asked.reader.media else 0,
        operation=operation.id,
        lines=asked.lines,
    )
    return Route(written)


def _checks(service: ServiceRoute, place: int) -> Iterator[RouteSpec]:
    for method in sorted(METHODS):
        action = "read" if method in READING else "write"
        yield RouteSpec(
            name=PROTOCOL,
            method=method,
            path=PREFIX + service.name.encode(),
            action=action,
            service=service,
            upstream_path=b"",
            reader=NoBody(),
            body_octets=0,
            public=False,
            asked=True,
            place=place,
        )


def _laid(
    service: ServiceRoute, dialect: Dialect, default: str, place: int
) -> Iterator[tuple[Row, RouteSpec, Places]]:
    root_alone = dialect.public or dialect.own
    roots = [""] if root_alone else [f"/{service.name}", *([""] if service.name == default else [])]
    for root in roots:
        for row in dialect.rows:
            if row.admin and not service.admin:
                continue
            path = root + dialect.prefix + row.path
            places = tuple(
                (at, found[1]) for at, part in enumerate(path.split("/")) if (found := _OPEN.fullmatch(part))
            )
            yield row, _spec(service, dialect, row, path, place), places


def _spec(service: ServiceRoute, dialect: Dialect, row: Row, path: str, place: int) -> RouteSpec:
    form = isinstance(row.reader, FormBody)
    most = FORM_OCTETS if form else service.limits.body_octets
    return RouteSpec(
        name=row.name,
        method=row.method,
        path=_OPEN.sub("{}", path).encode(),
        action=row.action,
        service=service,
        upstream_path=_OPEN.sub("{}", service.base + row.path).encode(),
        reader=row.reader,
        body_octets=most if row.reader.media else 0,
        public=dialect.public,
        clients=form or row.admin or row.shows,
        key=dialect.key,
        told=(*dialect.told, *row.told),
        last=row.last,
        accept=row.accept,
        bound=dialect.bound,
        place=place,
        admin=row.admin,
        shows=row.admin or row.shows,
        page=row.page if dialect.public and service.own else None,  # no service can have one
    )
