"""Tokens that are bound to this program's key, for programs: the fields that each request shows one with.

Rules of this file: no HTTP library is imported. A library's own hook is made of its own class (`auth`), or the program
asks for the fields of each request (`headers`) and says what was answered (`told`).
"""

import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any

from bartizan.app.bearing import Bearing, Token
from bartizan.clock import Clock


class BoundProvider:
    """Shows valid tokens, with a new proof for each request; for many threads.

    Args:
        fetch: returns a new token that is bound to the key of `bearing`.
        bearing: holds the key.
        clock: tells when a token has to be renewed.
    """

    __slots__ = ("_bearing", "_clock", "_fetch", "_lock", "_token")

    def __init__(self, fetch: Callable[[Clock], Token], bearing: Bearing, clock: Clock) -> None:
        """Fetch nothing yet."""
        self._fetch, self._bearing, self._clock = fetch, bearing, clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the fields that one request shows its token with; they are good for no other.

        Args:
            method: of the request.
            url: of it, as it is sent.
        Raises:
            TokenUnavailable: none can be had.
        """
        with self._lock:
            if self._token is None or self._clock.now() >= self._token.until:
                self._token = self._fetch(self._clock)
            token = self._token.value
        return {
            "Authorization": f"DPoP {token}",
            "DPoP": self._bearing.proof(method, url, token),
        }

    def told(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take note of what an answer says; return whether the same request should be sent again, with new fields.

        Args:
            status: of the answer.
            headers: of it; names in lower case, or of a mapping that does not tell cases apart.
        """
        return self._bearing.told(status, headers)

    def auth(self, base: type) -> Any:  # noqa: ANN401  # of the library's own class
        """Return what an httpx client takes as `auth`: it shows a token with each request, and again where a nonce is wanted.

        Args:
            base: the library's class for such: `httpx.Auth`, or `httpx2.Auth` where the client is built on that.
        """
        provider = self

        def auth_flow(_self: object, request: Any) -> Generator[Any, Any, None]:  # noqa: ANN401  # httpx.Request
            for _ in range(2):
                request.headers.update(provider.headers(request.method, str(request.url)))
                answer = yield request
                if not provider.told(answer.status_code, answer.headers):
                    return

        return type("BoundAuth", (base,), {"auth_flow": auth_flow})()
