"""A bound on the head of every request; the parser's own bound covers only heads that come in parts."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bartizan.http.problem import problem
from bartizan.http.status import Status

MOST: Final = 16_384
"""Octets of target and headers together."""


def bounded(app: ASGIApp) -> ASGIApp:
    """Return the app behind the bound; a longer head is answered 431 and its connection closed."""

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        if _octets(scope) <= MOST:
            await app(scope, receive, send)
            return
        detail = f"target and headers have more than {MOST} octets together"
        answer = problem(Status.HEAD_TOO_LARGE, Status.HEAD_TOO_LARGE.word, detail, {"connection": "close"})
        await answer(scope, receive, send)

    return behind


def _octets(scope: Scope) -> int:
    target = len(scope["raw_path"]) + len(scope["query_string"])
    return target + sum(len(name) + len(value) for name, value in scope["headers"])
