"""How a program shows a token that is bound to its key: the proof of each request, and the nonces that servers tell.

Rules of this file: the key and the proofs stand in no error and on no disk. Callers of many threads share one.
Source: RFC 9449 sections 7.1 and 8.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from typing_extensions import override

from bartizan.clock import Clock, Nanoseconds
from bartizan.identity.holder import Holder

NONCE: Final = "dpop-nonce"
"""Name of the field that tells the nonce of the next proofs."""
WANTED: Final = "use_dpop_nonce"
"""Word of a refusal that another proof would do away with."""
_USUAL: Final = {"https": 443, "http": 80}


class Token(msgspec.Struct, frozen=True):
    """An access token. A secret.

    Attributes:
        value: what goes after the scheme.
        until: UTC nanoseconds at which it is to be renewed.
        bound: whether it is shown with a proof, under the scheme DPoP; else it is a bearer token.
    """

    value: str
    until: Nanoseconds
    bound: bool = False

    @override
    def __repr__(self) -> str:
        """Return the time only."""
        return f"Token(until={self.until})"


class Bearing:
    """A key, and the latest nonce of one server.

    Args:
        clock: the time.
        holder: of the key; a new one where none is given.
    """

    __slots__ = ("_clock", "_nonce", "holder")

    def __init__(self, clock: Clock, holder: Holder | None = None) -> None:
        """Know no nonce yet."""
        self._clock, self._nonce = clock, ""
        self.holder = holder or Holder()

    def proof(self, method: str, url: str, token: str = "") -> str:
        """Return the proof of one request.

        Args:
            method: of the request.
            url: of it; a query is left out.
            token: that it shows; empty at a token endpoint.
        """
        return self.holder.proof(method, _plain(url), self._clock.now(), token=token, nonce=self._nonce)

    def heed(self, nonce: str) -> bool:
        """Take note of the nonce that an answer tells, if it does; return whether it is another one."""
        if not nonce or nonce == self._nonce:
            return False
        self._nonce = nonce
        return True

    def told(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take note of what an answer says; return whether the same request should be sent again, with a new proof.

        Args:
            status: of the answer.
            headers: of it; names in lower case, or of a mapping that does not tell cases apart.
        """
        another = self.heed(headers.get(NONCE, ""))
        return another and status in {400, 401}


def _plain(url: str) -> str:
    parts = urlsplit(url)
    host, port = (parts.hostname or "").lower(), parts.port
    host = f"[{host}]" if ":" in host else host
    authority = host if port in {None, _USUAL.get(parts.scheme)} else f"{host}:{port}"
    return f"{parts.scheme}://{authority}{parts.path or '/'}"
