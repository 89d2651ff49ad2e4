"""The one way out: resolve, check, connect to the address that was checked.

Rules of this file: a name is resolved once; only addresses that passed the check are connected to. Sockets
come back with a time limit set and without Nagle's delay.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from typing import Final

from bartizan.clock import SECOND, Clock, SystemClock
from bartizan.egress.check import Address, check
from bartizan.egress.faults import AddressRefused, EgressFault, NameUnknown, UpstreamUnreachable
from bartizan.egress.resolve import resolve

__all__ = ["AddressRefused", "EgressFault", "NameUnknown", "UpstreamUnreachable", "connect", "connect_unix"]

CONNECT_SECONDS: Final = 10.0
_LONGEST: Final = 107

Resolver = Callable[[str, int], tuple[Address, ...]]


def connect(
    host: str,
    port: int,
    *,
    allowed: frozenset[str] = frozenset(),
    timeout_s: float = CONNECT_SECONDS,
    resolver: Resolver | None = None,
) -> socket.socket:
    """Return a connected TCP socket, non-blocking below and with `timeout_s` as its limit.

    Args:
        host: a DNS name or an address.
        port: 1 to 65535.
        allowed: what may be reached besides public addresses; see `check.check`.
        timeout_s: for everything together, in seconds.
        resolver: (host, port) -> addresses; another one only in tests of hostile answers.
    Raises:
        AddressRefused: every address of the host is one where no connection may go.
        NameUnknown: the host has no address.
        UpstreamUnreachable: none of its addresses could be connected to.
    """
    clock = SystemClock()
    until = clock.now() + int(timeout_s * SECOND)
    permitted = destinations(host, port, allowed=allowed, timeout_s=timeout_s, resolver=resolver)
    fault: OSError = UpstreamUnreachable(f"{host}:{port}", "no connection in time")
    for left, address in zip(range(len(permitted), 0, -1), permitted, strict=True):
        remaining = _seconds_until(until, clock)
        if remaining <= 0:
            break
        try:
            return _dial(address, port, remaining / left, timeout_s)
        except OSError as why:
            fault = why
    if isinstance(fault, UpstreamUnreachable):
        raise fault
    reason = "no connection in time" if isinstance(fault, TimeoutError) else _reason(fault)
    raise UpstreamUnreachable(f"{host}:{port}", reason) from fault


def destinations(
    host: str,
    port: int,
    *,
    allowed: frozenset[str] = frozenset(),
    timeout_s: float = CONNECT_SECONDS,
    resolver: Resolver | None = None,
) -> tuple[Address, ...]:
    """Return the addresses of a host where a connection may go, at least one; arguments and errors as of `connect`."""
    addresses = resolver(host, port) if resolver else resolve(host, port, timeout_s=timeout_s)
    return _permitted(host, port, addresses, allowed)


def connect_unix(path: str | os.PathLike[str], *, timeout_s: float = CONNECT_SECONDS) -> socket.socket:
    """Return a stream socket connected to a unix socket of this machine, with `timeout_s` as its limit.

    Raises:
        UpstreamUnreachable: nobody listens there, or not for us.
    """
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.settimeout(timeout_s)
        with _short(os.fspath(path)) as name:
            end.connect(name)
    except (OSError, ValueError) as fault:
        end.close()
        raise UpstreamUnreachable(os.fspath(path).replace("\0", "@"), _reason(fault)) from fault
    return end


@contextlib.contextmanager
def _short(path: str) -> Iterator[str]:
    """Yield a name of a unix socket that fits: a socket's address holds 107 octets only."""
    if path.startswith("\0") or len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    folder, name = os.path.split(path)
    parent = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{parent}/{name}"
    finally:
        os.close(parent)


def _permitted(
    host: str, port: int, addresses: tuple[Address, ...], allowed: frozenset[str]
) -> tuple[Address, ...]:
    """Return the addresses that pass; those that do not are left out, unless none passes."""
    passed: list[Address] = []
    refused: AddressRefused | None = None
    for address in addresses:
        try:
            check(host, address, port, allowed)
            passed.append(address)
        except AddressRefused as fault:
            refused = refused or fault
    if not passed:
        raise refused or NameUnknown(host, "the name has no address")
    return tuple(passed)


def _dial(address: Address, port: int, connect_s: float, timeout_s: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    end = socket.socket(family, socket.SOCK_STREAM)
    try:
        end.settimeout(connect_s)
        end.connect((str(address), port))
        end.settimeout(timeout_s)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except BaseException:
        with contextlib.suppress(OSError):
            end.close()
        raise
    return end


def _seconds_until(until: int, clock: Clock) -> float:
    return (until - clock.now()) / SECOND


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno is not None:
        return os.strerror(fault.errno).lower()
    return "it cannot be connected to"
