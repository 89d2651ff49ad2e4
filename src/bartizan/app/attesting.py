"""Which workloads a process is, and certificates that say so: the sealer's part, in a thread of its own.

Rules of this file: of the peer the kernel is asked, each time that something is to be signed. Nothing that the peer sends
is read here: its request comes from a process of ours, and only the key in it counts. A large file takes long to digest,
and the ledger does not wait for it. Every doubt is a refusal.
"""

import base64
import contextlib
import queue
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from bartizan.app import messages as m
from bartizan.app.authorities import Authorities
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.svids import MOST
from bartizan.crypto.x509 import RequestRefused
from bartizan.identity.workload import Workload, in_cgroup, may_be, spiffe_id
from bartizan.isolation.peer import Executable, Peer, PeerUnknown, peer_of

_NOBODY = "no-workload"
"""Word for a process that is known and is none of the configured."""


class Attesting:
    """Answers orders to certify workloads, one after the other.

    Args:
        channel: to the supervisor; what is answered goes there.
        authorities: that sign.
        boot: names the workloads and the address that they connect to.
    """

    def __init__(self, channel: Channel, authorities: Authorities, boot: m.BootSealer) -> None:
        """Start the thread, where there are workloads."""
        self._channel, self._authorities = channel, authorities
        self._workloads, self._address = boot.workloads, boot.workload_socket
        self._trust_domain = boot.trust_domain
        self._orders: queue.Queue[tuple[m.SignSvid, int]] = queue.Queue(2 * MOST)
        if boot.workloads:
            threading.Thread(target=self._work, daemon=True).start()

    def put(self, order: m.SignSvid, fds: list[int]) -> None:
        """Take an order, and the descriptor that comes with it; what is too much is refused."""
        if not self._workloads or len(fds) != 1:
            return
        try:
            self._orders.put_nowait((order, fds[0]))
        except queue.Full:
            self._channel.send(m.SvidSigned(ticket=order.ticket, fault="busy"))
        else:
            fds.clear()

    def _work(self) -> None:
        with contextlib.suppress(ChannelClosed):
            while True:
                order, fd = self._orders.get()
                with socket.socket(fileno=fd) as connection:
                    answer = self._answer(order, connection)
                self._channel.send(answer)

    def _answer(self, order: m.SignSvid, connection: socket.socket) -> m.SvidSigned:
        try:
            require_connected_to(connection, self._address)
            names = attest(connection, order.accepted, self._workloads)
            svids = tuple(self._certified(each, order.request) for each in names)
        except PeerUnknown as fault:
            return m.SvidSigned(ticket=order.ticket, fault=fault.reason)
        except RequestRefused:
            return m.SvidSigned(ticket=order.ticket, fault="request-refused")
        except (OSError, ValueError):  # a peer that ends meanwhile, or a kernel that says something else
            return m.SvidSigned(ticket=order.ticket, fault="not-readable")
        return m.SvidSigned(ticket=order.ticket, svids=svids, authority=_text(self._authorities.clients))

    def _certified(self, workload: Workload, request: str) -> m.Svid:
        if not request:
            return m.Svid(workload.name)
        uri = spiffe_id(workload.name, self._trust_domain)
        certificate = self._authorities.sign_svid(request.encode("utf-8"), uri)
        return m.Svid(workload.name, _text(certificate))


def require_connected_to(connection: socket.socket, address: str) -> None:
    """Refuse what is not a connection to this address: another socket of the process that hands it on, such as its own.

    Raises:
        PeerUnknown: it is something else.
    """
    if (
        connection.family is not socket.AF_UNIX
        or connection.type is not socket.SOCK_STREAM
        or not address
        or connection.getsockname() != address
        or connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    ):
        raise PeerUnknown("not-a-connection")


def attest(connection: socket.socket, accepted: int, workloads: Sequence[Workload]) -> tuple[Workload, ...]:
    """Return which of the workloads is at the other end of a connection; at least one.

    Args:
        connection: a connected unix stream.
        accepted: `CLOCK_BOOTTIME` in nanoseconds when it was taken.
        workloads: that it may be.
    Raises:
        PeerUnknown: it is none, or the kernel does not say for sure.
    """
    with peer_of(connection, accepted) as peer:
        likely = [each for each in workloads if may_be(each, peer.uid, peer.gid)]
        if any(each.cgroup for each in likely):
            path = peer.cgroup()
            likely = [each for each in likely if in_cgroup(each, path)]
        if any(each.path or each.sha256 for each in likely):
            likely = _running(peer, likely)
        if not peer.alive():
            raise PeerUnknown("gone")
    if not likely:
        raise PeerUnknown(_NOBODY)
    return tuple(likely)


def _running(peer: Peer, likely: Sequence[Workload]) -> list[Workload]:
    """Return those whose file a process runs, before and after it was looked at."""
    with peer.executable() as file:
        found = [each for each in likely if not each.path or _is_file(each.path, file)]
        if any(each.sha256 for each in found):
            digest = peer.sha256(file)
            found = [each for each in found if each.sha256 in (None, digest)]
        with peer.executable() as later:  # who starts another program meanwhile is neither
            if (later.device, later.inode) != (file.device, file.inode):
                raise PeerUnknown("executable-changed")
    return found


def _is_file(path: str, file: Executable) -> bool:
    """Return whether that is the file of this path, as we see it: by name a process may see another."""
    try:
        found = Path(path).stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (file.device, file.inode)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
