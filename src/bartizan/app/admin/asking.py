"""One call of the Admin API as its clients make it: of a row of the table, so its types are the table's.

Rules of this file: answers are checked like a stranger's; a refusal carries the platform's own sentence, which says what
to do.
"""

import abc
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from bartizan.admin.forms import Page
from bartizan.admin.route import Route
from bartizan.egress.http import Response
from bartizan.typed_json import decoded, known

SECONDS: Final = 30.0
"""Longest time for an answer: a revocation is answered once every worker has loaded it."""
_PAGES: Final = 100_000
Body = TypeVar("Body")
Query = TypeVar("Query")
Answer = TypeVar("Answer")
Item = TypeVar("Item")


class OwnerRefused(Exception):
    """The platform refused what was asked; the message is its own sentence.

    Attributes:
        status: of the answer.
        reason: its word, of a closed set; empty where the answer has none.
    """

    def __init__(self, status: int, detail: str, reason: str = "") -> None:
        """Carry the status of the answer and what it said."""
        super().__init__(detail or f"the platform answered {status}; look at `bartizan status`")
        self.status, self.reason = status, reason


class Told(msgspec.Struct, frozen=True):
    """What an answer tells beside its body: the strong entity tag of what it shows, and whether it was given before."""

    tag: str
    replayed: bool


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""
    reason: str = ""
    type: str = ""


class Asking(abc.ABC):
    """Asks one platform's Admin API; how a request gets there is its child's affair."""

    __slots__ = ()

    @abc.abstractmethod
    def send(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        """Return the answer to a request."""

    def ask(
        self,
        route: Route[Body, Query, Answer],
        body: Body | None = None,
        query: Query | None = None,
        *,
        match: str = "",
        key: str = "",
        **segments: str,
    ) -> Answer:
        """Return what a route answers.

        Args:
            route: of the table.
            body, query: where it takes one.
            match: the ETag that what is changed was last seen with, or `*`.
            key: under which the same request is not done again.
            segments: of its path.
        Raises:
            OwnerRefused; what `send` raises.
        """
        return self.told(route, body, query, match=match, key=key, **segments)[0]

    def told(
        self,
        route: Route[Body, Query, Answer],
        body: Body | None = None,
        query: Query | None = None,
        *,
        match: str = "",
        key: str = "",
        **segments: str,
    ) -> tuple[Answer, Told]:
        """Return what `ask` does, and what the answer tells beside it."""
        headers = [("content-type", "application/json")] if body is not None else []
        headers += [("if-match", match)] if match else []
        headers += [("idempotency-key", key)] if key else []
        octets = b"" if body is None else msgspec.json.encode(body)
        target = route.at(**{name: quote(value, safe="") for name, value in segments.items()}) + _query(query)
        response = self.send(route.method, target, tuple(headers), octets)
        told = Told(response.header("etag"), response.header("idempotency-replayed") == "true")
        return _read(response, route), told

    def each(self, page: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
        """Yield the items of every page.

        Args:
            page: (cursor) -> the page that begins there; None at the beginning.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            found = page(cursor)
            yield from found.items
            if not found.next:
                return
            cursor = found.next


def body_of(shape: type[Body], said: Mapping[str, Any]) -> Body:
    """Return a body of plain values; what it may not say is the platform's to refuse, in its own words."""
    try:
        return msgspec.convert(said, known(shape))
    except msgspec.ValidationError as fault:
        raise OwnerRefused(422, f"this cannot be asked: {fault}") from fault


def _query(query: object) -> str:
    if query is None:
        return ""
    said = {name: value for name, value in msgspec.to_builtins(query).items() if value is not None}
    return f"?{urlencode(said)}" if said else ""


def _read(response: Response, route: Route[Any, Any, Answer]) -> Answer:
    try:
        if response.status >= 400:  # noqa: PLR2004 - RFC 9110, client and server errors
            said = decoded(response.body, _Problem)
            raise OwnerRefused(response.status, said.detail, said.reason or said.type.rpartition(":")[2])
        if route.media != "application/json":
            return msgspec.convert(response.body.decode(), known(route.answer))
        return decoded(response.body, route.answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise OwnerRefused(response.status, "") from fault
