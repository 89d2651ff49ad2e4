"""What of a plan the gateway of a worker is told: its services, its patience, and whom they may be certified by.

Rules of this file: pure; values of the plan become values of the gateway's ports.
"""

from OpenSSL import SSL

from bartizan.app.plan import CONTROL, JUDGE, SAMPLE, Bounds, Limiter, Service, Target
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import client_context
from bartizan.gateway import ports
from bartizan.gateway import service as behind
from bartizan.store.gauge import requests_at_once


def patience_of(bounds: Bounds) -> ports.Patience:
    """Return how long a client is waited for."""
    return ports.Patience(
        head_time=Nanoseconds(bounds.head_seconds * SECOND),
        body_time=Nanoseconds(bounds.body_seconds * SECOND),
        idle_time=Nanoseconds(bounds.idle_seconds * SECOND),
        stall_time=Nanoseconds(bounds.stall_seconds * SECOND),
    )


def client_contexts(services: tuple[Service, ...]) -> dict[tuple[str, str], tuple[str, SSL.Context]]:
    """Return host and context of each encrypted target, by service and name; those of the same authorities share one."""
    encrypted = [(s.name, target) for s in services for target in s.targets if target.tls]
    contexts = {pem: client_context(pem.encode()) for pem in {t.authorities for _, t in encrypted}}
    return {(name, t.name): (t.host, contexts[t.authorities]) for name, t in encrypted}


def limiter_context(limiter: Limiter) -> tuple[str, SSL.Context] | None:
    """Return host and context of the server that counts limits, where it is encrypted.

    Raises:
        CertificateUnusable: certificate and key are no pair.
    """
    (server,) = limiter.server.targets
    if not server.tls:
        return None
    own = (limiter.certificate.encode(), limiter.key.encode()) if limiter.key else None
    return server.host, client_context(server.authorities.encode(), own=own)


def route_of(service: Service) -> behind.ServiceRoute:
    """Return a service as the gateway knows it."""
    main, *others = (_target(service.name, target) for target in service.targets)
    return behind.ServiceRoute(
        name=service.name,
        upstream=main.upstream,
        protocol="control" if service.name == CONTROL else service.protocol,
        description=service.description,
        base=main.base,
        credential=main.credential,
        tls=main.tls,
        limits=behind.ServiceLimits(
            requests_per_minute=service.requests_per_minute,
            burst=requests_at_once(service.requests_per_minute),
            body_octets=service.body_octets,
            connections=service.connections,
            waiting=service.waiting,
            answer_time=Nanoseconds(service.answer_seconds * SECOND),
            gap_time=Nanoseconds(service.gap_seconds * SECOND),
        ),
        weight=main.weight,
        models=main.models,
        others=tuple(others),
        own=service.name in {SAMPLE, CONTROL, JUDGE},
        tools=behind.ServiceTools(service.pins, service.pins_required, frozenset(service.approved)),
        bound=service.bound,
        admin=service.admin,
        device=service.device,
        strength=service.strength,
        guard=service.guard,
        canary=service.canary,
    )


def _target(service: str, target: Target) -> behind.Target:
    default = 443 if target.tls else 80
    host = f"[{target.host}]" if ":" in target.host else target.host or service
    return behind.Target(
        name=target.name,
        upstream=host if target.port in {0, default} else f"{host}:{target.port}",
        base=target.path,
        credential=Secret(target.credential.encode("ascii")) if target.credential else None,
        tls=target.tls,
        weight=target.weight,
        models=target.models,
    )
