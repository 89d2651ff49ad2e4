"""How many connections a worker has descriptors for: of clients, and to services.

Rules of this file: each client has one request under way at most, so that no more connections to services can be busy
than there are clients. The others are idle, and make room (`gateway/cluster.py`); so both sides get half where
descriptors are few, however many services there are.
"""

import resource
from typing import NamedTuple

from bartizan.app.plan import Plan

_OWN_DESCRIPTORS = 128
_LEAST_ROOM = 64


class Room(NamedTuple):
    """Connections at once: of clients, and to all targets of all services together."""

    clients: int
    upstreams: int


def room_for(plan: Plan) -> Room:
    """Return how many connections there are descriptors for, after having asked for as many as it takes.

    A worker that has none left could not even take a connection to a service from the dialer.
    """
    most = plan.bounds.connections
    possible = sum(service.connections * len(service.targets) for service in plan.upstreams)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OWN_DESCRIPTORS + most + possible
    wanted = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return Room(most, possible) if soft == resource.RLIM_INFINITY else shared(most, possible, soft)


def shared(most: int, possible: int, descriptors: int) -> Room:
    """Return how descriptors are shared.

    Args:
        most: connections of clients that are wanted.
        possible: connections that all targets may have.
        descriptors: that there are.
    """
    left = max(descriptors - _OWN_DESCRIPTORS, 2 * _LEAST_ROOM)
    upstreams = min(possible, max(left - most, -(-left // 2)))
    return Room(min(most, left - upstreams), upstreams)
