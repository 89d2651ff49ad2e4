"""Names to addresses, within a time and a number.

Rules of this file: one look-up, whose answers are then checked and connected to: nothing resolves a name
twice, so that a second answer cannot differ from the one that was checked (DNS rebinding).
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from bartizan.egress.check import Address
from bartizan.egress.faults import NameUnknown

LOOKUP_SECONDS: Final = 5.0
MOST_ANSWERS: Final = 16
"""Addresses of one answer that are looked at; the rest is dropped."""
MOST_LOOKUPS: Final = 32
"""Look-ups under way in one process; a name server that hangs cannot take more threads than this."""
_LONGEST_NAME: Final = 253  # RFC 1035, 2.3.4, as text

Lookup = Callable[..., list[tuple[Any, Any, Any, str, tuple[Any, ...]]]]
"""What asks the system, in the form of `socket.getaddrinfo`."""

_under_way = threading.BoundedSemaphore(MOST_LOOKUPS)


def resolve(
    host: str, port: int, *, timeout_s: float = LOOKUP_SECONDS, lookup: Lookup = socket.getaddrinfo
) -> tuple[Address, ...]:
    """Return the addresses of a host, at most `MOST_ANSWERS`, each once, in the resolver's order.

    Args:
        host: an address, or a DNS name (in any script: IDNA 2003).
        port: handed to the resolver.
        timeout_s: how long the look-up may take, in seconds.
        lookup: what asks the system; another one only in tests of hostile answers.
    Raises:
        NameUnknown: no address: not a name, none known, no answer in time, too many look-ups under way.
    """
    try:
        return (ipaddress.ip_address(host.removeprefix("[").removesuffix("]")),)
    except ValueError:
        pass
    answers = _ask(host, _ascii(host), port, timeout_s, lookup)
    found: dict[Address, None] = {}
    for *_, where in answers[: 4 * MOST_ANSWERS]:
        try:
            found[ipaddress.ip_address(where[0])] = None
        except (ValueError, IndexError):
            continue
    if not found:
        raise NameUnknown(host, "the name has no address")
    return tuple(found)[:MOST_ANSWERS]


def _ascii(host: str) -> str:
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise NameUnknown(host, "this is not a host's name") from None
    if not 0 < len(name) <= _LONGEST_NAME or not all("!" <= letter <= "~" for letter in name):
        raise NameUnknown(host, "this is not a host's name")
    return name


def _ask(
    host: str, name: str, port: int, timeout_s: float, lookup: Lookup
) -> list[tuple[Any, Any, Any, str, tuple[Any, ...]]]:
    """Look up in a thread of its own: the system's resolver knows no deadline and cannot be stopped."""
    if not _under_way.acquire(blocking=False):
        raise NameUnknown(host, "too many names are being resolved")
    answer: queue.SimpleQueue[list[tuple[Any, Any, Any, str, tuple[Any, ...]]] | OSError] = (
        queue.SimpleQueue()
    )

    def run() -> None:
        try:
            answer.put(lookup(name, port, type=socket.SOCK_STREAM))
        except OSError as fault:
            answer.put(fault)
        except UnicodeError as fault:
            answer.put(OSError(str(fault)))
        finally:
            _under_way.release()

    threading.Thread(target=run, daemon=True, name="resolve").start()
    try:
        result = answer.get(timeout=timeout_s)
    except queue.Empty:
        raise NameUnknown(host, "the name servers did not answer in time") from None
    if isinstance(result, OSError):
        raise NameUnknown(host, "the name is not known") from result
    return result
