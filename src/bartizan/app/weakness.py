"""What the settings leave weaker than it could be, in words for who runs the platform."""

import os
from collections.abc import Iterator
from typing import Final

from bartizan.app.address import upstream
from bartizan.app.admin_settings import weak_admin
from bartizan.app.connector_settings import weak_connectors
from bartizan.app.federation_settings import weak_domains
from bartizan.app.guard_judge.settings import weak_judge
from bartizan.app.issuer_settings import weak_issuers
from bartizan.app.limit_settings import Limit, Limits, limiter_address
from bartizan.app.schedule_settings import weak_schedules
from bartizan.app.service_settings import Guard, Service
from bartizan.app.settings import Isolation, Pq, Settings, Tls
from bartizan.app.trace_settings import weak_traces
from bartizan.app.witness_settings import weak_witnesses
from bartizan.app.workload_settings import weak_workloads


def weaknesses(settings: Settings) -> tuple[str, ...]:
    """Return the settings that are weaker than the default or than they could be, a sentence each."""
    return tuple(_weaknesses(settings))


def _weaknesses(settings: Settings) -> Iterator[str]:
    if settings.isolation is Isolation.NONE:
        yield 'isolation = "none": a worker that is taken over can open files and connections'
    if settings.tls is Tls.OFF:
        yield 'tls = "off": tokens and prompts cross this machine in the clear'
    if settings.edge.trusted and settings.edge.secret is None:
        yield "edge: every program on a trusted proxy's machine can name any client's address; set `secret`"
    if settings.pq is Pq.PREFERRED and settings.tls is not Tls.OFF:
        yield 'pq = "preferred": clients without X25519MLKEM768 are served over classical key agreement'
    if settings.address.everywhere and settings.url is None:
        yield "listen: nobody knows the platform by that address: pages, passkeys and tokens bound to a key work on this machine alone; set `url`"
    yield from _weak_limits(settings)
    yield from weak_traces(settings.traces)
    yield from weak_judge(settings.guard_judge)
    yield from weak_witnesses(settings.witness)
    yield from weak_schedules(settings.schedule)
    yield from weak_connectors(settings.connector)
    yield from weak_admin(settings.admin)
    yield from weak_workloads(settings.workload, os.geteuid())
    yield from weak_issuers(settings.issuer)
    yield from weak_domains(settings.trust_domain)
    if settings.judge.enabled and not settings.binds(settings.judge):
        yield f"judge: {_UNBOUND}"
    for service in settings.service:
        yield from _weak_service(settings, service)


_UNBOUND: Final = (
    'tokens need not be bound to a key; a copied one works for ten minutes; binding = "required" ends that'
)


def _weak_service(settings: Settings, service: Service) -> Iterator[str]:
    if not settings.binds(service):
        yield f"{service.name}: {_UNBOUND}"
    if not all(upstream(one.upstream, service.root).tls for one in service.places):
        yield f"{service.name}: the upstream connection is not encrypted"
    if service.guard is Guard.OBSERVE:
        yield f"{service.name}: what is found in prompts is told, and nothing is done about it; `bartizan policy suggest --guard` says what would be"
    if service.guard is Guard.OFF:
        yield f'{service.name}: prompts are not inspected; guard = "observe" tells what they hold, "standard" takes it out'


def _weak_limits(settings: Settings) -> Iterator[str]:
    found = limiter_address(settings.limiter.url)
    every: list[Limits | Limit] = [*(service.limits for service in settings.service), *settings.limit]
    if found is None and any(one.spend_per_day or one.spend_per_month for one in every):
        yield "budgets are counted in memory: a restart forgets what was spent; use valkey:// in [limiter]"
    if found is not None and not found.tls and not found.private:
        yield "limiter: its password and its answers cross the network in the clear; use valkeys://"
