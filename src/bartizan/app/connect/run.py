"""From what a person says on the command line to a proxy that serves until it is told to end."""

import asyncio
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.address import Upstream
from bartizan.app.address import upstream as taken_apart
from bartizan.app.bearing import Bearing, Token
from bartizan.app.connect.line import Gateway
from bartizan.app.connect.serve import Proxy, Standing, Terms, listener
from bartizan.app.folder import Folder
from bartizan.app.owner import PlatformSilent
from bartizan.app.provider import clients_token, owners_token
from bartizan.app.running import status
from bartizan.clock import Clock, SystemClock
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import REQUIRED, client_context
from bartizan.identity.holder import Holder

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
Fetch = Callable[[Clock], Token]


class PortTaken(OSError):
    """The port is not to be had; the message says why and what to do."""

    def __init__(self, port: int, why: str) -> None:
        """Name the port and the reason."""
        super().__init__(f"cannot listen on 127.0.0.1, port {port}: {why}; take another with --port")
        self.port = port


class Way(msgspec.Struct, frozen=True):
    """The way to a gateway, as whom.

    Attributes:
        url: of the gateway, without a path.
        gateway: the same, to connect to.
        fetch: returns a new token; blocks.
        identity: whose tokens, for people.
        bearing: whose key they are bound to.
    """

    url: str
    gateway: Gateway
    fetch: Fetch
    identity: str
    bearing: Bearing


def to_own(folder: Folder, *, hybrid: bool, holder: Holder | None = None) -> Way:
    """Return the way to the platform that runs on a state folder, as its owner.

    Args:
        folder: the state folder.
        hybrid: whether the key agreement must be quantum-safe.
        holder: of the device's key, which tokens are to be bound to; None for a new one.
    Raises:
        PlatformSilent: none runs there.
        OSError: the authority's certificate cannot be read.
    """
    found = status(folder)
    if found is None:
        raise PlatformSilent(folder)
    ca = folder.authority.read_bytes() if found.tls else b""
    gateway = _gateway(taken_apart(found.url), ca, hybrid=hybrid)
    bearing = Bearing(SystemClock(), holder)
    return Way(found.url, gateway, lambda clock: owners_token(folder, clock, bearing), "user.owner", bearing)


def to_other(
    url: Upstream, client: str, secret: str, ca: Path, *, hybrid: bool, holder: Holder | None = None
) -> Way:
    """Return the way to a gateway anywhere, as a registered client.

    Args:
        url: of the gateway.
        client: its client id.
        secret: a reference to its secret.
        ca: file of the authority to trust; not read where the URL is http.
        hybrid, holder: as of `to_own`.
    Raises:
        OSError: the file cannot be read.
        CertificateUnusable: it holds no certificate.
    """
    scheme = "https" if url.tls else "http"
    base = f"{scheme}://{url.authority}"
    groups = REQUIRED if hybrid else None
    bearing = Bearing(SystemClock(), holder)
    fetch = clients_token(base + TOKEN_PATH, client, secret, ca=ca, groups=groups, holder=bearing.holder)
    gateway = _gateway(url, ca.read_bytes() if url.tls else b"", hybrid=hybrid)
    return Way(base, gateway, fetch, client, bearing)


def _gateway(url: Upstream, ca: bytes, *, hybrid: bool) -> Gateway:
    context = client_context(ca, groups=REQUIRED if hybrid else None) if url.tls else None
    return Gateway(url.host, url.port, context)


def serve(
    way: Way,
    port: int,
    keyed: Callable[[int], Secret | None],
    ready: Callable[[int, Standing], None],
) -> None:
    """Serve until Ctrl-C, SIGTERM or SIGHUP.

    Args:
        way: to the gateway.
        port: of 127.0.0.1; 0 takes a free one.
        keyed: port -> the key that clients must present, or None.
        ready: called once with the port and how the way stands, when clients are served.
    Raises:
        PortTaken: it cannot be listened on.
        TokenUnavailable, SecretMissing: the gateway gives this identity no token.
    """
    try:
        made = listener(port)
    except OSError as fault:
        raise PortTaken(port, (fault.strerror or "refused").lower()) from fault
    with made:
        own = int(made.getsockname()[1])
        terms = Terms(way.gateway, way.fetch, keyed(own), SystemClock(), way.bearing)
        asyncio.run(_until_told(Proxy(terms), made, lambda standing: ready(own, standing)))


async def _until_told(proxy: Proxy, made: socket.socket, ready: Callable[[Standing], None]) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup a command outlives its terminal
            loop.add_signal_handler(number, told.set)
    probing = loop.create_task(proxy.probe())
    waiting = loop.create_task(told.wait())
    try:
        await asyncio.wait((probing, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not told.is_set():
            standing = await probing
            await proxy.begin(made)
            ready(standing)
            await waiting
    finally:
        probing.cancel()
        await asyncio.gather(probing, return_exceptions=True)
        await proxy.end()
