"""From the table of the Admin API to routes of a web application: one way for every call.

Rules of this file: the order. Who calls is asked before anything of the call is read, and whether they may; then query and
body; then, with a key, whether it was done before; then whether what is to be changed is what was last seen; then it is
done. Between the last two nothing else happens. What is answered is the route's type, and nothing else.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from bartizan.access.errors import ConsentUnknown, DeviceUnknown, PolicyVersionUnknown, PrincipalUnknown
from bartizan.admin.route import PREFIX, SEGMENTS, AnyRoute, Tag
from bartizan.app.admin.caller import Caller
from bartizan.app.admin.faults import EntryGone, ServiceUnknown
from bartizan.app.admin.repeats import Asked, Repeats, asked
from bartizan.app.evidence import EvidenceUnknown
from bartizan.app.held import HeldUnknown
from bartizan.http.admin.call import Bound, Call
from bartizan.http.admin.reading import body_of, key_of, query_of, require_match
from bartizan.http.problem import NOTHING_DONE
from bartizan.http.status import Status

_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
_OPEN: Final = re.compile(r"\{([a-z]+)\}")
_TAG_DIGITS: Final = 32
_UNKNOWN: Final[Mapping[str, type[Exception]]] = {
    "principal": PrincipalUnknown,
    "application": ConsentUnknown,
    "device": DeviceUnknown,
    "version": PolicyVersionUnknown,
    "service": ServiceUnknown,
    "entry": EntryGone,
    "evidence": EvidenceUnknown,
    "request": HeldUnknown,
}
Admit = Callable[[AnyRoute, Request], Caller]
"""(route, request) -> who calls. Raises what `http/problem.py` knows where they may not."""


def paths(bound: Iterable[Bound], admit: Admit, repeats: Repeats, *, local: bool) -> list[Path]:
    """Return the routes of a web application.

    Args:
        bound: every route, with what carries it out.
        admit: tells who calls.
        repeats: what was answered to requests with a key.
        local: whether this is the owner's socket; elsewhere routes that are its alone do not exist.
    """
    router = _Router(bound, admit, repeats)
    methods: dict[str, dict[str, Bound]] = defaultdict(dict)
    for each in router.bound.values():
        if local or not each.route.local:
            methods[each.route.path][each.route.method] = each
    return [
        Path(PREFIX + path, router.endpoint(several), methods=[*several])
        for path, several in sorted(methods.items(), key=lambda pair: _OPEN.sub("~", pair[0]))
    ]


class _Router:
    """Every route, and the one way through them."""

    def __init__(self, bound: Iterable[Bound], admit: Admit, repeats: Repeats) -> None:
        self.bound = {each.route.name: each for each in bound}
        self._admit, self._repeats = admit, repeats

    def endpoint(self, methods: Mapping[str, Bound]) -> Callable[[Request], Awaitable[Response]]:
        """Return what answers for one path."""

        async def answered(request: Request) -> Response:
            one = methods["GET" if request.method == "HEAD" else request.method]
            return await self._answer(one, request)

        return answered

    async def _answer(self, one: Bound, request: Request) -> Response:
        route = one.route
        segments = {name: str(value) for name, value in request.path_params.items()}
        caller = self._admit(route, request)
        _require_form(segments)
        query = query_of(request, route)
        body, octets = await body_of(request, route)
        call = Call(caller, segments, body, query)
        key = key_of(request) if route.repeatable else ""
        if not key:
            return _shown(route, await self._do(one, call, request), caller)
        target, seen = request.url.path.encode(), ",".join(request.headers.getlist("if-match")).encode()
        return await self._once(one, call, request, asked(caller.hand, route.name, key, target, seen, octets))

    async def _once(self, one: Bound, call: Call[Any, Any], request: Request, repeat: Asked) -> Response:
        """Do what was not done before, or answer as it was answered then."""
        kept = self._repeats.take(repeat)
        if kept is not None:
            headers = {"content-type": one.route.media, "cache-control": "no-store"}
            said = {**headers, **_nonce(call.caller), "idempotency-replayed": "true"}
            return Response(kept.answer, kept.status, said)
        try:
            found = await self._do(one, call, request)
        except NOTHING_DONE:
            self._repeats.release(repeat)
            raise
        self._repeats.keep(repeat, one.route.status, _ENCODE(_without(found, one.route.once)))
        return _shown(one.route, found, call.caller)

    async def _do(self, one: Bound, call: Call[Any, Any], request: Request) -> Any:  # noqa: ANN401 - the route's own type
        if one.route.tag is Tag.NEEDED:
            there = self.bound[one.route.shows].work(call)
            require_match(request, tag_of(there))
        found = one.work(call)
        return await found if isawaitable(found) else found


def _require_form(segments: Mapping[str, str]) -> None:
    """Say that there is nothing of a name that nothing can have."""
    for name, value in segments.items():
        if re.fullmatch(SEGMENTS[name], value) is None:
            raise _UNKNOWN[name]() if name in _UNKNOWN else HTTPException(Status.NOT_FOUND)


def tag_of(answer: object) -> str:
    """Return the strong entity tag of an answer: of its octets, whoever asks."""
    return f'"{hashlib.sha256(_ENCODE(answer)).hexdigest()[:_TAG_DIGITS]}"'


def _nonce(caller: Caller) -> Mapping[str, str]:
    return {"dpop-nonce": caller.nonce} if caller.nonce else {}


def _shown(route: AnyRoute, found: Any, caller: Caller) -> Response:  # noqa: ANN401 - the route's own type
    headers = {"content-type": route.media, "cache-control": "no-store", **_nonce(caller)}
    if route.tag is Tag.SHOWN:
        headers["etag"] = tag_of(found)
    octets = found.encode() if isinstance(found, str) else _ENCODE(found)
    return Response(octets, route.status, headers)


def _without(found: Any, once: tuple[str, ...]) -> Any:  # noqa: ANN401 - the route's own type
    """Return an answer without what is shown once."""
    empty = {name: type(getattr(found, name))() for name in once}
    return msgspec.structs.replace(found, **empty) if once else found
