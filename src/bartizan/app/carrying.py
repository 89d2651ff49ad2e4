"""How a process that only carries on (the exporter, the feeder, the shipper) begins, and is told to stop."""

import os
import signal
import socket
from typing import Any

from bartizan.app.channel import Channel
from bartizan.isolation.kernel import die_with_parent, no_new_privileges, not_dumpable


def begin(descriptor: str, orders: Any) -> tuple[Channel, int]:  # noqa: ANN401  # a type form
    """Return the channel to the supervisor, and a descriptor that becomes readable with SIGTERM.

    The process ends with its parent, gains no rights and shows nobody its memory from here on. For its main thread.

    Args:
        descriptor: of the channel, as the process's argument has it.
        orders: what arrives on it: a union of `Message` types.
    """
    die_with_parent(signal.SIGKILL)
    no_new_privileges()
    not_dumpable()
    stop = _told_to_stop()
    return Channel(socket.socket(fileno=int(descriptor)), orders), stop


def _told_to_stop() -> int:
    reads, writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return reads
