"""Whose tokens are taken besides our own: `[[issuer]]`.

Rules of this file: an issuer is known by the exact text of its URL. It says who somebody is at its own place; which of
our roles that means is said here, and no claim can give the owner's or the drill's.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bartizan.app.address import AddressInvalid, Upstream, private_address, upstream
from bartizan.app.authority_files import authorities
from bartizan.app.forms import ServiceName, Text
from bartizan.app.issuer_plan import Issuer as Wanted
from bartizan.app.target_settings import reaching
from bartizan.config_form import Fault
from bartizan.identity.external import NEVER_MAPPED, Profile
from bartizan.identity.principal import NAME

MOST_ISSUERS = 16
Role = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"\A{NAME.pattern}\Z",
        description="a role: a lower-case letter, then at most 39 letters, digits or hyphens",
    ),
]
Roles = Annotated[tuple[Role, ...], msgspec.Meta(max_length=16)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)]
Algorithm = Literal["ES256", "ES384", "PS256", "RS256"]


class Issuer(msgspec.Struct, frozen=True):
    """An authorization server besides the embedded one.

    Attributes:
        name: in the record.
        url: the exact value of `iss`; discovery is asked below it.
        audiences: `aud` of its access tokens must hold one.
        algorithms: that its keys may be used with.
        types: of its access tokens' headers: `at+jwt`, and `JWT` for issuers that say no more.
        clients: whose tokens are taken; none are all.
        register: whether somebody new is registered by the first token; else `bartizan identity add` does.
        given: roles of everybody whom it registers.
        roles_claim: names, with dots between them, that lead to the claim with its own roles.
        roles: value of that claim -> our roles.
        logout_audiences: our clients' ids there, which its logout tokens are for; without one, it signs nobody out.
        event_audiences: `aud` of its security events; without one, none is taken.
        software_statements: whether it vouches for applications that register themselves.
        keys_at: other origins that its keys may be at (`https://keys.example.com`).
        allow_private, authorities: as of a service.
    """

    name: ServiceName
    url: Text
    audiences: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=64)]
    algorithms: Annotated[tuple[Algorithm, ...], msgspec.Meta(min_length=1)] = ("ES256", "ES384", "RS256")
    types: Annotated[tuple[Literal["at+jwt", "JWT"], ...], msgspec.Meta(min_length=1)] = ("at+jwt",)
    clients: Texts = ()
    register: bool = False
    given: Roles = ("caller",)
    roles_claim: Text | None = None
    roles: Annotated[dict[Text, Roles], msgspec.Meta(max_length=256)] = {}
    logout_audiences: Texts = ()
    event_audiences: Texts = ()
    software_statements: bool = False
    keys_at: Annotated[tuple[Text, ...], msgspec.Meta(max_length=8)] = ()
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None


def issuing(issuers: Sequence[Issuer]) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    if len(issuers) > MOST_ISSUERS:
        yield Fault(("issuer", MOST_ISSUERS), f"is one too many: there may be {MOST_ISSUERS}")
    names: dict[str, int] = {}
    urls: dict[str, int] = {}
    for position, one in enumerate(issuers):
        way = ("issuer", position)
        yield from reaching((*way, "url"), one.url, "", one)
        yield from _roles(way, one)
        for at, url in enumerate(one.keys_at):
            if _origin(url) is None:
                yield Fault((*way, "keys_at", at), "must be an origin, such as https://keys.example.com")
        for key, value, seen in (("name", one.name, names), ("url", one.url, urls)):
            first = seen.setdefault(value, position)
            if first != position:
                yield Fault((*way, key), f"is that of issuer[{first}] already; choose another")


def weak_issuers(issuers: Sequence[Issuer]) -> Iterator[str]:
    """Yield a sentence for each way in which somebody else could have an issuer's tokens, or make some."""
    for one in issuers:
        if not upstream(one.url, "").tls:
            yield f"issuer {one.name}: its keys cross the network in the clear; whoever can change them signs in as anybody there"
        if "JWT" in one.types and not one.clients:
            yield f'issuer {one.name}: `types` holds "JWT": tokens that it made for something else may be taken; name `clients`, or use at+jwt'


def _roles(way: tuple[str | int, ...], one: Issuer) -> Iterator[Fault]:
    if (one.roles_claim is None) is not (not one.roles):
        yield Fault(
            (*way, "roles_claim"), "and `roles` go together: where roles stand, and what they mean here"
        )
    given = [(("given",), one.given), *((("roles", value), roles) for value, roles in one.roles.items())]
    for key, roles in given:
        for role in sorted(NEVER_MAPPED.intersection(roles)):
            yield Fault((*way, *key), f'may not hold "{role}": no issuer can give it')


def _origin(url: str) -> Upstream | None:
    try:
        found = upstream(url, "")
    except AddressInvalid:
        return None
    return found if found.tls and not found.path and private_address(found.authority) else None


def wanted(issuers: Sequence[Issuer], folder: Path) -> tuple[Wanted, ...]:
    """Return how issuers are asked and their tokens read, files read.

    Args:
        issuers: as configured.
        folder: of the configuration.
    Raises:
        AuthoritiesMissing: one could not be verified.
    """
    return tuple(
        Wanted(
            url=one.url,
            algorithms=one.algorithms,
            profile=_profile(one),
            logout_audiences=one.logout_audiences,
            event_audiences=one.event_audiences,
            keys_at=tuple(found.authority for url in one.keys_at if (found := _origin(url)) is not None),
            software=one.software_statements,
            allowed=one.allow_private,
            authorities=authorities(one.authorities, folder) if upstream(one.url, "").tls else "",
        )
        for one in issuers
    )


def _profile(one: Issuer) -> Profile:
    return Profile(
        name=one.name,
        audiences=one.audiences,
        types=tuple(each.lower() for each in one.types),
        clients=one.clients,
        claim=tuple(one.roles_claim.split(".")) if one.roles_claim else (),
        mapped=one.roles,
        given=one.given,
        register=one.register,
    )
