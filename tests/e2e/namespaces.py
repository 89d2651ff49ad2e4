"""Hosts of their own on one machine: network namespaces, and the cables between them."""

import os
import secrets
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace."""

    name: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that is to run there."""
        return ("ip", "netns", "exec", self.name)


def ip(*words: str) -> None:
    subprocess.run(
        (shutil.which("ip") or "ip", *words), check=True, capture_output=True, text=True, timeout=30
    )


def host(stack: ExitStack, word: str) -> Host:
    """Return a new host with nothing but its loopback; without root, or without namespaces, the test stands aside."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and `ip` (Debian: iproute2) to make network namespaces")
    made = Host(f"bz-{word}-{secrets.token_hex(3)}")
    try:
        ip("netns", "add", made.name)
    except subprocess.CalledProcessError as fault:
        pytest.skip(
            f"needs network namespaces, which this machine does not let be made: {fault.stderr.strip()}"
        )
    stack.callback(ip, "netns", "delete", made.name)
    ip("-n", made.name, "link", "set", "lo", "up")
    return made


def cable(one: Host, other: Host, network: str, name: str) -> tuple[str, str]:
    """Connect two hosts; return their addresses, `.1` and `.2` of a network such as `10.9.1`."""
    ends = (f"{name}a", f"{name}b")
    ip("-n", one.name, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", other.name)
    for at, (end, side) in enumerate(zip(ends, (one, other), strict=True), 1):
        ip("-n", side.name, "address", "add", f"{network}.{at}/24", "dev", end)
        ip("-n", side.name, "link", "set", end, "up")
    return f"{network}.1", f"{network}.2"
