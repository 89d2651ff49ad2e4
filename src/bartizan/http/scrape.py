"""The platform's numbers over HTTP, for a scraper that shows a token of its own.

Rules of this file: the numbers tell who is served how much, so they are nobody's but the owner's and a scraper's. The
token lies in the state folder, where Prometheus reads it (`credentials_file`); it opens nothing else.
"""

import hmac
import secrets
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.crypto.secret import Secret
from bartizan.http.problem import ANSWERS, problem
from bartizan.http.status import Status
from bartizan.metrics.exposition import MEDIA

_OCTETS = 32


def new_token() -> Secret:
    """Return a token for a scraper: 43 letters, digits, `-` and `_`."""
    return Secret(secrets.token_urlsafe(_OCTETS).encode("ascii"))


def scraping(scrape: Callable[[], str], token: Secret) -> Starlette:
    """Return an application that answers GET /metrics for who shows the token.

    Args:
        scrape: returns the numbers in Prometheus' text format.
        token: as its file holds it; white space around it does not count.
    """
    wanted = b"Bearer " + token.reveal().strip()

    async def metrics(request: Request) -> Response:
        shown = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(shown, wanted):
            detail = "show the token of keys/metrics.token in the state folder: Authorization: Bearer ..."
            return problem(
                Status.UNAUTHORIZED, Status.UNAUTHORIZED.word, detail, {"www-authenticate": "Bearer"}
            )
        return Response(scrape(), media_type=MEDIA)

    app = Starlette(routes=[Route("/metrics", metrics, methods=["GET"])], exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app
