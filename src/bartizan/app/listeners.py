"""The sockets that the platform listens on: the supervisor binds them, and holds them for as long as it runs.

Rules of this file: children get copies, and never bind. A copy is the same socket: what a worker gone bad did to it
is set right before the next one serves.
"""

import contextlib
import errno
import os
import socket
from pathlib import Path

from bartizan.app.address import HERE, LOOPBACK, origin
from bartizan.app.folder import Folder
from bartizan.app.plan import Plan

_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a name for it, nothing is bound here
"""Addresses that mean all of this machine's, which nobody connects to."""
_BACKLOG = 2048
"""Connections to the gateway that may wait for a worker to take them."""


class Listeners:
    """Those of one platform.

    Attributes:
        gateway, control, owner: the gateway's, and the two that only who owns the state folder can reach.
        workloads: where workloads ask for certificates; None where there are none.
        metrics: where a scraper gets the numbers; None where nobody does.
        accepting: whether the gateway's is listened on.
    """

    def __init__(self, plan: Plan, folder: Folder) -> None:
        """Bind them.

        Args:
            plan: says where.
            folder: where those of control and the owner are.
        Raises:
            OSError: a port is taken, or an address is not this machine's.
        """
        self._tls, self._url, self.accepting = plan.tls, plan.url, True
        self._workload_socket = Path(plan.workload_socket or folder.workload_socket)
        with contextlib.ExitStack() as undo:
            self.gateway = undo.enter_context(listen(plan.host, plan.port))
            self.control = undo.enter_context(listen_unix(folder.control_socket))
            self.owner = undo.enter_context(listen_unix(folder.owner_socket))
            self.metrics = _metrics(plan)
            self.workloads = _workloads(plan, folder)
            undo.pop_all()

    def accept(self) -> None:
        """Let clients connect, whatever became of the gateway's listener meanwhile."""
        self.gateway.setblocking(False)
        self.gateway.listen(_BACKLOG)  # changes nothing where it is listened on already
        self.accepting = True

    def refuse(self) -> None:
        """Refuse clients: ends listening in every process that holds the socket, until `accept`."""
        if self.accepting:
            with contextlib.suppress(OSError):  # a worker that is gone may have shut it before
                self.gateway.shutdown(socket.SHUT_RD)
            self.accepting = False

    @property
    def listens(self) -> str:
        """Host and port of the gateway in one word, an IPv6 address in brackets."""
        return _in_a_word(self.gateway)

    @property
    def scraped(self) -> str:
        """Where a scraper gets the numbers, in one word; empty where none does."""
        return "" if self.metrics is None else _in_a_word(self.metrics)

    @property
    def asked_by_workloads(self) -> str:
        """The address that workloads connect to, as the kernel tells it of a connection; empty where there is none."""
        return "" if self.workloads is None else str(self.workloads.getsockname())

    def leave(self) -> None:
        """Take away the workloads' socket, which may lie where others see it."""
        if self.workloads is not None:
            with contextlib.suppress(OSError):
                self._workload_socket.unlink()

    @property
    def issuer(self) -> str:
        """Where clients reach the gateway, which is also who issues its tokens and whose pages there are."""
        return self._url or self.near

    @property
    def near(self) -> str:
        """Where programs of this machine reach the gateway, whatever stands in front of it for others."""
        host, port = self.gateway.getsockname()[:2]
        return origin(LOOPBACK if host in HERE | _EVERYWHERE else host, port, tls=self._tls)


def _in_a_word(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _metrics(plan: Plan) -> socket.socket | None:
    if not plan.metrics_host:
        return None
    try:
        return listen(plan.metrics_host, plan.metrics_port)
    except OSError as fault:
        where = f"metrics.listen, {plan.metrics_host}:{plan.metrics_port}"
        raise OSError(fault.errno, f"{where}: {fault.strerror}; name another, or leave it out") from fault


def _workloads(plan: Plan, folder: Folder) -> socket.socket | None:
    """Return the workloads' listener: for all users where configuration says where, else in the owner's folder."""
    if not plan.workloads:
        return None
    if not plan.workload_socket:
        return listen_unix(folder.workload_socket)
    path = Path(plan.workload_socket)
    try:
        if path.exists() and not path.is_socket():
            raise OSError(errno.EEXIST, "is there already, and no socket")
        listener = listen_unix(path)
        path.chmod(0o666)
    except OSError as fault:
        where = f"workload_api.socket, {path}"
        raise OSError(fault.errno, f"{where}: {fault.strerror}; name another") from fault
    return listener


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket of this address, whose port stays its own when it is shut and listens again.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    with _bound(host, port) as found:
        # shut, a socket loses a port that the kernel chose, and keeps one that it was bound to by number
        listener = _bound(*found.getsockname()[:2])
    try:
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def listen_unix(path: Path) -> socket.socket:
    """Return a listening unix socket that only the owner can reach; a dead one of the same name is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    parent = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    mask = os.umask(0o177)
    try:
        listener.bind(f"/proc/self/fd/{parent}/{path.name}")  # a socket's address holds 107 octets only
    finally:
        os.umask(mask)
        os.close(parent)
    listener.listen(128)
    listener.setblocking(False)
    return listener
