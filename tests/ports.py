"""A port for what cannot take any: to be started twice on one, or on the same again."""

import random
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The ports that the kernel gives to whoever asks for any, outgoing connections included."""


def free_port() -> int:
    """Return a port on which nobody listens, and which the kernel gives to nobody who does not name it."""
    lowest = int(RANGE.read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(lowest // 2, lowest)
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                return port
