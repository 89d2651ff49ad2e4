"""A client that keeps a modest rate, whatever happens: when it was answered, counted from when it wanted to ask."""

import socket
import threading
import time
from dataclasses import dataclass, field

from bench.bed.load import BODY, Entry, LoadFailed, connect, request, whole

RATE = 200
"""Requests a second on one kept connection."""
FRESH_S = 0.2
"""Seconds between two requests on new connections."""
_PATIENCE_S = 30.0
"""Longest time without a connection after which it gives up."""


@dataclass(slots=True)
class Steady:
    """What the client saw: milliseconds from the moment at which a request was due to its whole answer.

    Attributes:
        kept: on its kept connection.
        fresh: on a new connection each, the handshake included.
        failed: requests without an answer of 200.
    """

    kept: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    failed: int = 0


def percentile(spans: list[float], part: float) -> float:
    """Return the value that this part of all values does not exceed; nan where there are none."""
    ordered = sorted(spans)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


def steady(entry: Entry, seconds: float) -> Steady:
    """Return what a client saw that asks 200 times a second on one connection, and 5 times a second on new ones.

    Raises:
        LoadFailed: it was never answered, on the kept connection or on new ones.
    """
    seen, stop = Steady(), threading.Event()
    beside = threading.Thread(target=_fresh, args=(entry, seen, stop), daemon=True)
    beside.start()
    try:
        _kept(entry, seen, seconds)
    finally:
        stop.set()
    beside.join(_PATIENCE_S + 5)
    if beside.is_alive() or not seen.kept or not seen.fresh:
        raise LoadFailed(
            f"a client that asked for {seconds:g} s was answered {len(seen.kept)} times on its kept connection and {len(seen.fresh)} times on new ones"
        )
    return seen


def _kept(entry: Entry, seen: Steady, seconds: float) -> None:
    octets, sock = request(entry.calls[0], BODY), connect(entry)
    begun = time.perf_counter()
    for number in range(int(seconds * RATE)):
        due = begun + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        try:
            sock.sendall(octets)
            whole(sock)
            seen.kept.append((time.perf_counter() - due) * 1000)
        except (OSError, LoadFailed):
            seen.failed += 1
            sock.close()
            sock = _again(entry)
    sock.close()


def _again(entry: Entry) -> socket.socket:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return connect(entry)
        except OSError as fault:
            if time.monotonic() > until:
                raise LoadFailed(f"nothing takes connections any more: {fault}") from fault
            time.sleep(0.01)


def _fresh(entry: Entry, seen: Steady, stop: threading.Event) -> None:
    octets = request(entry.calls[0], BODY)
    while not stop.wait(FRESH_S):
        due = time.perf_counter()
        try:
            with connect(entry) as sock:
                sock.sendall(octets)
                whole(sock)
            seen.fresh.append((time.perf_counter() - due) * 1000)
        except (OSError, LoadFailed):
            seen.failed += 1
