"""What `bartizan.toml` says of limits, prices, and of who counts them.

Rules of this file: money is text with decimals and becomes whole millionths, never a float. A limit that would count
nothing (a budget without a price, a name that no service has) is refused.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bartizan.app.address import AddressInvalid, Upstream, private_address, upstream
from bartizan.app.forms import Money, Places, Rate, Reference, ServiceName, Text
from bartizan.app.target_settings import listing
from bartizan.config_form import Fault

ANY_MODEL: Final = "*"
"""In a price: every model of the service that has no price of its own."""
ROUTES: Final = (
    *("chat", "completions", "embeddings", "models", "model"),
    *("responses", "response", "response-deletion", "response-cancellation", "response-items"),
    *("messages", "count-tokens"),
    *("mcp", "mcp-stream", "mcp-end"),
    "judge",
)
_MEMORY: Final = "memory://"
_SCHEME: Final = re.compile(r"\Avalkey(s?)://([^/]+)\Z")
_PORT: Final = 6379
_MILLION: Final = 1_000_000


class Limits(msgspec.Struct, frozen=True):
    """How much one principal may ask of a service. Money is in the currency of the prices."""

    requests_per_minute: Rate = 600
    tokens_per_minute: Rate | None = None
    concurrent: Places | None = None
    spend_per_day: Money | None = None
    spend_per_month: Money | None = None


class Per(enum.Enum):
    """What a further limit is told apart by; it is counted once for each."""

    PRINCIPAL = "principal"
    CLIENT = "client"
    SERVICE = "service"
    ROUTE = "route"
    ADDRESS = "address"


class Limit(msgspec.Struct, frozen=True):
    """A limit besides those that services have for each principal.

    Attributes:
        per: what it is told apart by.
        services: that it counts; none named are all.
        routes: that it counts; none named are all.
    """

    per: Per
    services: tuple[ServiceName, ...] = ()
    routes: tuple[ServiceName, ...] = ()
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    concurrent: Places | None = None
    spend_per_day: Money | None = None
    spend_per_month: Money | None = None


class Price(msgspec.Struct, frozen=True):
    """What a million tokens of a model cost.

    Attributes:
        service: that has the model.
        model: as requests name it; `*` for all that have no price of their own.
        input, output: of the tokens of a request and of an answer.
    """

    service: ServiceName
    input: Money
    output: Money
    model: Text = ANY_MODEL


class Limiter(msgspec.Struct, frozen=True):
    """Where limits are counted.

    Attributes:
        url: `memory://`, or `valkey://host:port` and `valkeys://host:port` (TLS) for what several machines share.
        user, password: of the server, where it wants them.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify it; None takes the machine's.
        certificate, key: PEM file and reference of what it is shown over TLS, where it asks who connects.
    """

    url: Text = _MEMORY
    user: Text | None = None
    password: Reference | None = None
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None
    certificate: Text | None = None
    key: Reference | None = None


def micros(amount: str | None) -> int:
    """Return an amount of money in millionths; 0 for none."""
    whole, _, part = (amount or "0").partition(".")
    return int(whole) * _MILLION + int(part.ljust(6, "0")[:6] or "0")


def limiter_address(url: str) -> Upstream | None:
    """Return the server's address taken apart, None for this process's memory.

    Raises:
        AddressInvalid: neither of the two.
    """
    if url == _MEMORY:
        return None
    found = _SCHEME.fullmatch(url)
    if found is None:
        raise AddressInvalid('must be "memory://", or a server such as "valkey://127.0.0.1:6379"')
    at = found[2] if private_address(found[2]) else f"{found[2]}:{_PORT}"
    if private_address(at) is None:
        raise AddressInvalid('must name a host and a port, such as "valkey://127.0.0.1:6379"')
    return upstream(f"http{found[1]}://{at}")


def limiting(
    services: Mapping[str, Limits], limits: tuple[Limit, ...], prices: tuple[Price, ...], limiter: Limiter
) -> Iterator[Fault]:
    """Yield what the sections about limits say that no type can refuse.

    Args:
        services: limits of each service by its name.
        limits, prices, limiter: the sections.
    """
    priced = {price.service for price in prices if price.model == ANY_MODEL}
    for position, (name, own) in enumerate(services.items()):
        yield from _budget(("service", position, "limits"), own, {name} - priced)
    seen: set[tuple[object, ...]] = {(Per.PRINCIPAL, (name,), ()) for name in services}
    for position, limit in enumerate(limits):
        yield from _limit(("limit", position), limit, services, priced, seen)
    yield from _prices(services, prices)
    yield from _limiter(limiter)


def _limit(
    path: tuple[str | int, ...],
    limit: Limit,
    services: Mapping[str, Limits],
    priced: set[str],
    seen: set[tuple[object, ...]],
) -> Iterator[Fault]:
    for key, known in (("services", tuple(services)), ("routes", ROUTES)):
        for place, name in enumerate(getattr(limit, key)):
            if name not in known:
                yield Fault(
                    (*path, key, place), f"is none of {', '.join(known) or 'the services: there are none'}"
                )
    said = (limit.requests_per_minute, limit.tokens_per_minute, limit.concurrent)
    if not any((*said, limit.spend_per_day, limit.spend_per_month)):
        yield Fault(path, "limits nothing: name at least one of requests_per_minute, tokens_per_minute, ...")
    counts = (limit.per, tuple(sorted(limit.services)), tuple(sorted(limit.routes)))
    if counts in seen:
        yield Fault((*path, "per"), "counts what another limit counts; say both in one place")
    seen.add(counts)
    yield from _budget(path, limit, set(limit.services or services) - priced)


def _budget(path: tuple[str | int, ...], limit: Limit | Limits, unpriced: set[str]) -> Iterator[Fault]:
    for key in ("spend_per_day", "spend_per_month"):
        amount = getattr(limit, key)
        if amount is not None and not micros(amount):
            yield Fault((*path, key), "must be more than nothing; to forbid a service, use a policy")
        if amount is not None and unpriced:
            name = min(unpriced)
            yield Fault(
                (*path, key),
                f'needs a [[price]] with service = "{name}" and no model: what every model costs',
            )


def _prices(services: Mapping[str, Limits], prices: tuple[Price, ...]) -> Iterator[Fault]:
    seen = set()
    for position, price in enumerate(prices):
        if price.service not in services:
            yield Fault(("price", position, "service"), "is not the name of a service")
        if (price.service, price.model) in seen:
            yield Fault(("price", position), "is there already: one price a service and model")
        seen.add((price.service, price.model))


def _limiter(limiter: Limiter) -> Iterator[Fault]:
    yield from listing(("limiter",), limiter.allow_private)
    try:
        found = limiter_address(limiter.url)
    except AddressInvalid as fault:
        yield Fault(("limiter", "url"), fault.what)
        return
    yield from _memory(limiter) if found is None else _server(limiter, found)


def _memory(limiter: Limiter) -> Iterator[Fault]:
    for key in ("user", "password", "authorities", "certificate", "key"):
        if getattr(limiter, key) is not None:
            yield Fault(("limiter", key), 'is for a server; `url` says "memory://"')


def _server(limiter: Limiter, found: Upstream) -> Iterator[Fault]:
    allowed = {private_address(address) for address in limiter.allow_private}
    if found.private and (found.host, found.port) not in allowed:
        yield Fault(
            ("limiter", "url"), f'is a private address: allow it with allow_private = ["{found.authority}"]'
        )
    for key, needed in (("user", "password"), ("certificate", "key"), ("key", "certificate")):
        if getattr(limiter, key) is not None and getattr(limiter, needed) is None:
            yield Fault(("limiter", key), f"needs a `{needed}` too")
    for key in ("authorities", "certificate", "key"):
        if getattr(limiter, key) is not None and not found.tls:
            yield Fault(("limiter", key), 'is for TLS; `url` must begin with "valkeys://"')
