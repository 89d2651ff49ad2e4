"""A uvicorn server as every one of ours is."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to its process, writes no log of requests, and believes no proxy.

    Args:
        app: what it serves; without a lifespan of its own, and without WebSockets.
        http: makes the protocol of a connection, of uvicorn's arguments for one.
        drain_s: seconds that open requests have once it is to stop.
        most_head: octets of a head that is not whole.
        connections: at once; None for any number.
        keep_alive_s: seconds that a connection stays without a request.
    """

    def __init__(
        self,
        app: ASGIApp,
        http: Callable[..., asyncio.Protocol],
        *,
        drain_s: int,
        most_head: int,
        connections: int | None = None,
        keep_alive_s: int = 5,
    ) -> None:
        """Listen nowhere yet."""
        super().__init__(
            uvicorn.Config(
                app,
                http=http,  # type: ignore[arg-type]  # a class, or what makes one's instances
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=connections,
                timeout_keep_alive=keep_alive_s,
                timeout_graceful_shutdown=drain_s,
                h11_max_incomplete_event_size=most_head,
            )
        )

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
