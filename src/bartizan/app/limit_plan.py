"""What is to be limited, out of the settings: meters, prices, and the server that counts."""

from pathlib import Path

from bartizan.app.authority_files import authorities
from bartizan.app.limit_settings import Limit, Limits, limiter_address, micros
from bartizan.app.limit_settings import Limiter as LimiterSettings
from bartizan.app.plan import LIMITER, Limiter, Meter, Price, Service, Target
from bartizan.app.route_plan import limiter_context
from bartizan.app.settings import Settings
from bartizan.config import ConfigurationFault, environment, resolve
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import CertificateUnusable


class PapersUnusable(ConfigurationFault):
    """TLS to the server that counts cannot be set up with these certificates."""

    def __init__(self, named: str, fault: str) -> None:
        """Name the file and what is wrong, never the key."""
        super().__init__(
            f"limiter: {named}: {fault}; `authorities` and `certificate` are PEM files, `key` leads to the unencrypted "
            "private key of the certificate"
        )
        self.named, self.fault = named, fault


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
        SecretMissing: the reference of the password, or of the key, leads nowhere.
        AuthoritiesMissing: an encrypted server could not be verified.
        PapersUnusable: no authority can be read, or what it would be shown is no certificate with its key.
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
    server = Service(LIMITER, "valkey", (target,))
    shown = Limiter(server, said.user or "", *_papers(said, folder))
    try:
        limiter_context(shown)
    except CertificateUnusable as fault:
        raise PapersUnusable(said.certificate or said.authorities or "this machine", fault.fault) from None
    return shown


def _papers(said: LimiterSettings, folder: Path) -> tuple[str, str]:
    """Return the certificate and the key that the server is shown, or nothing twice."""
    if said.certificate is None or said.key is None:
        return "", ""
    key = resolve(said.key, environment(), folder, Secret, lines=True).reveal().decode("ascii")
    return authorities(said.certificate, folder), key
