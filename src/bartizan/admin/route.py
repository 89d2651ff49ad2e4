"""What a route of the Admin API is: who may, what goes in, what comes out, and what it promises.

Rules of this file: data. The router, the gateway's routes, the client's types, the OpenAPI document, the table in the
documents and the test of refusals are all made of these, so that none of them can know of a route that another forgot.
"""

import enum
import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec

PREFIX: Final = "/admin/v1"
"""Of every path; the number changes where a client that works would stop to."""
Body = TypeVar("Body")
Query = TypeVar("Query")
Answer = TypeVar("Answer")
_OPEN: Final = re.compile(r"\{([a-z]+)\}")


class Tag(enum.Enum):
    """What a route has to do with entity tags (RFC 9110 section 8.8.3), all of which are strong.

    NONE: its answer has none. SHOWN: its answer has that of what it shows. NEEDED: it changes what is there already, and
    needs `If-Match` with the tag that it was last seen with, or `*` for whatever is there.
    """

    NONE = "none"
    SHOWN = "shown"
    NEEDED = "needed"


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body or a query that says nothing."""


class Route(msgspec.Struct, Generic[Body, Query, Answer], frozen=True):
    """One route.

    Attributes:
        name: its `operationId`, and its word in the record.
        method, path: below `PREFIX`; `{word}` stands for one segment of the form `SEGMENTS[word]`.
        action: of the Cedar schema, that who calls must be permitted on the platform's own service.
        summary: what it does, for people.
        answer: of success.
        body, query: that it takes.
        status: of success.
        tag: what it has to do with entity tags.
        shows: name of the route whose answer is tagged, of what a route with `Tag.NEEDED` changes.
        repeatable: whether it takes an `Idempotency-Key`.
        once: members of the answer that are shown once and kept nowhere.
        local: whether it is the owner's alone, over the owner's socket: no token opens it.
        media: of the answer, where it is not JSON.
        refusals: statuses that it has besides those that every route has.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    action: str
    summary: str
    answer: type[Answer]
    body: type[Body] = Nothing  # type: ignore[assignment]  # stands for "takes none"
    query: type[Query] = Nothing  # type: ignore[assignment]  # the same
    status: int = 200
    tag: Tag = Tag.NONE
    shows: str = ""
    repeatable: bool = False
    once: tuple[str, ...] = ()
    local: bool = False
    media: str = "application/json"
    refusals: tuple[int, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the open segments of its path."""
        return tuple(_OPEN.findall(self.path))

    @property
    def takes_body(self) -> bool:
        """Whether it takes a body."""
        return self.body is not Nothing

    def at(self, **segments: str) -> str:
        """Return its whole path with these segments, which are of their forms."""
        return PREFIX + _OPEN.sub(lambda found: segments[found[1]], self.path)


AnyRoute = Route[Any, Any, Any]


def change(there: AnyRoute, route: Route[Body, Query, Answer]) -> Route[Body, Query, Answer]:
    """Return a route that changes what another one shows, and so needs its tag.

    Args:
        there: shows it.
        route: with the rest of its path.
    """
    return msgspec.structs.replace(
        route,
        path=there.path + route.path,
        tag=Tag.NEEDED,
        shows=there.name,
        refusals=(404, *route.refusals),
    )


SEGMENTS: Final[Mapping[str, str]] = {
    "principal": r"(?:user|device|workload)\.[a-z][a-z0-9-]{0,39}",
    "application": r"(?:user|device|workload)\.[a-z][a-z0-9-]{0,39}",
    "token": r"t-[0-9a-f]{16}",
    "version": r"[1-9][0-9]{0,15}",
    "service": r"[a-z][a-z0-9-]{0,39}",
    "schedule": r"[a-z][a-z0-9._-]{0,62}",
    "device": r"device\.[a-z][a-z0-9-]{0,39}",
    "about": r"[ap]-[0-9a-f]{16}",
    "fingerprint": r"[0-9a-f]{64}",
    "evidence": r"e-[0-9a-f]{16}",
    "request": r"q-[0-9a-f]{16}",
    "entry": r"(?:0|[1-9][0-9]{0,15})",
}
"""Name of an open segment of a path -> the form of its value."""


def parameters(query: type) -> Mapping[str, Any]:
    """Return name of a parameter -> type of its value, for a type of queries; one that may be left out is that all the same."""
    return {each.encode_name: _present(each.type) for each in msgspec.structs.fields(query)}


def pattern(kind: Any) -> str:  # noqa: ANN401 - a type, or one with facts about it
    """Return the pattern of the text of a parameter's value.

    Raises:
        TypeError: it could be any text.
    """
    plain, *facts = (kind, ()) if not hasattr(kind, "__metadata__") else get_args(kind)
    for each in facts:
        if isinstance(each, msgspec.Meta) and each.pattern is not None:
            return each.pattern.removeprefix(r"\A").removesuffix(r"\Z")
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return "|".join(re.escape(str(each.value)) for each in plain)
    if plain is int:
        return r"0|[1-9][0-9]{0,18}"
    raise TypeError(f"a query cannot say {kind}: give its text a pattern")


def _present(kind: Any) -> Any:  # noqa: ANN401 - a type
    """Return the type without the None of what is left out."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (present,) = [each for each in get_args(kind) if each is not NoneType]
    return present
