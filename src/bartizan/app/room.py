"""How many clients' connections a worker has descriptors for."""

import resource

from bartizan.app.plan import Plan

_OWN_DESCRIPTORS = 128
_LEAST_ROOM = 64


def room_for(plan: Plan) -> int:
    """Return how many clients' connections there are descriptors for, after having asked for as many as it takes.

    A worker that has none left could not even take a connection to a service from the dialer.
    """
    most = plan.bounds.connections
    others = _OWN_DESCRIPTORS + sum(service.connections * len(service.targets) for service in plan.upstreams)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, most + others) if hard != resource.RLIM_INFINITY else most + others
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return most if soft == resource.RLIM_INFINITY else max(_LEAST_ROOM, min(most, soft - others))
