"""What is to be limited, out of the settings: meters, prices, and the server that counts."""

from pathlib import Path

from bartizan.app.authority_files import authorities
from bartizan.app.limit_settings import Limit, Limits, limiter_address, micros
from bartizan.app.plan import LIMITER, Limiter, Meter, Price, Service, Target
from bartizan.app.settings import Settings
from bartizan.config import environment, resolve
from bartizan.crypto.secret import Secret


def meters(settings: Settings) -> tuple[Meter, ...]:
    """Return every limit that the worker has to count.

    The number of a principal's requests is counted before anything else is read; it is a meter too where several
    workers share it.
    """
    shared = limiter_address(settings.limiter.url) is not None
    own = [_meter(service.limits, (service.name,), shared=shared) for service in settings.service]
    return (*(meter for meter in own if meter is not None), *map(_further, settings.limit))


def _meter(limits: Limits, services: tuple[str, ...], *, shared: bool) -> Meter | None:
    found = Meter(
        per="principal",
        services=services,
        requests_per_minute=limits.requests_per_minute if shared else 0,
        tokens_per_minute=limits.tokens_per_minute or 0,
        concurrent=limits.concurrent or 0,
        spend_per_day=micros(limits.spend_per_day),
        spend_per_month=micros(limits.spend_per_month),
        own=True,
    )
    return None if found == Meter(per="principal", services=services, own=True) else found


def _further(limit: Limit) -> Meter:
    return Meter(
        per=limit.per.value,
        services=limit.services,
        routes=limit.routes,
        requests_per_minute=limit.requests_per_minute or 0,
        tokens_per_minute=limit.tokens_per_minute or 0,
        concurrent=limit.concurrent or 0,
        spend_per_day=micros(limit.spend_per_day),
        spend_per_month=micros(limit.spend_per_month),
    )


def prices(settings: Settings) -> tuple[Price, ...]:
    """Return what models cost."""
    return tuple(
        Price(price.service, price.model, micros(price.input), micros(price.output))
        for price in settings.price
    )


def limiter(settings: Settings, folder: Path) -> Limiter | None:
    """Return the server that counts limits, None where each worker counts for itself.

    Args:
        settings: settled.
        folder: that references start from.
    Raises:
        SecretMissing: the password's reference leads nowhere.
        AuthoritiesMissing: an encrypted server could not be verified.
    """
    said = settings.limiter
    found = limiter_address(said.url)
    if found is None:
        return None
    password = ""
    if said.password is not None:
        password = resolve(said.password, environment(), folder, Secret).reveal().decode("ascii")
    target = Target(
        host=found.host,
        port=found.port,
        tls=found.tls,
        credential=password,
        allowed=said.allow_private,
        authorities=authorities(said.authorities, folder) if found.tls else "",
    )
    return Limiter(Service(LIMITER, "valkey", (target,)), said.user or "")
