"""Decisions for proxies that forward by themselves: Envoy asks over HTTP (ext_authz) and acts on the answer.

Rules of this file: who asks must show the operator's own secret; to everybody else there is nothing here, neither a
route nor a word of what tokens may do. A check goes the way of every request, both records included, but for the
forwarding: `completed` says that the decision was handed over, not what became of the request.
Source: Envoy's HTTP ext_authz: 200 lets a request through, any other status below 500 is the client's answer.
"""

from typing import Final

from bartizan.crypto.secret import Secret
from bartizan.gateway.answer_head import LINES, SECURITY
from bartizan.gateway.faults import refusal
from bartizan.gateway.request import EDGE

PROTOCOL: Final = "ext-authz"
"""Protocol of services that stand behind such proxies; the gateway opens no connection to them."""
PREFIX: Final = b"/ext-authz/"
"""Of the paths that are asked for: the service's name follows, and after it what a proxy may append."""
READING: Final = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""Methods that ask for the action `read`; every other asks for `write`."""
_OK: Final = 200


def service_of(path: bytes) -> bytes:
    """Return the name of the service that a check is about; empty where a path is no check."""
    return path[len(PREFIX) :].partition(b"/")[0] if path.startswith(PREFIX) else b""


def require_asker(secret: Secret | None, shown: bytes) -> None:
    """Return if who shows this may ask.

    Raises:
        Refusal: they may not, and read what they would read at a path that leads nowhere.
    """
    if secret is None or not secret.matches(shown):
        raise refusal("route-unknown")


def let_through(date: bytes, request: str, actor: str, *, keep: bool) -> bytes:
    """Return the answer that lets a request through.

    The proxy is told to keep the client's token and its own secret from the service; the pseudonyms of request and
    principal, by which the record knows them, may be passed on to it.

    Args:
        date: the Date line.
        request, actor: pseudonyms.
        keep: whether the connection goes on.
    """
    said = (
        f"x-request-id: {request}\r\nx-bartizan-principal: {actor}\r\n"
        f"x-envoy-auth-headers-to-remove: authorization,{EDGE.decode()}\r\n"
        "cache-control: no-store\r\ncontent-length: 0\r\n"
    )
    return b"".join(
        (LINES[_OK], date, SECURITY, said.encode(), b"" if keep else b"connection: close\r\n", b"\r\n")
    )
