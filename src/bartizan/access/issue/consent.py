"""What a person lets applications do: seen, and taken back.

Rules of this file: functions over one open transaction. Each takes whose consent it is, and reaches no other's rows. What is
taken back leaves nothing that gives a token: no family, no code that waits, and nothing by which the next request of the
same application would go unasked. Access tokens that are out are refused from the next state on.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from bartizan.access.issue.family import IDLE, LONGEST, end
from bartizan.access.register import get
from bartizan.access.tables import APPLICATION, CODE, CONSENT, DEVICE_FAMILY, FAMILY, PRINCIPAL
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Principal

NEVER: Final = Nanoseconds(0)
"""No instant: no token was had yet, or none that could be renewed is left."""


class Way(msgspec.Struct, frozen=True):
    """One way in which an application may act for a person.

    Attributes:
        audience: of its tokens.
        device: whether the person let a device do so, by the code that it showed.
        since: first consent or oldest family, UTC nanoseconds.
        used: when it last had a token, which is good for ten minutes, UTC nanoseconds; `NEVER` where none can be renewed.
    """

    audience: str
    device: bool
    since: Nanoseconds
    used: Nanoseconds


class Consented(msgspec.Struct, frozen=True):
    """An application that may act for a person, and how; at least one way, in order of audience, devices last."""

    application: Principal
    ways: tuple[Way, ...]


def consents(connection: Connection, person: Principal, now: Nanoseconds) -> tuple[Consented, ...]:
    """Return the applications that may act for somebody, in order of their id; those that are revoked may not."""
    ways: dict[str, dict[tuple[str, bool], Way]] = {}
    for client, way in (*_living(connection, person, now), *_remembered(connection, person)):
        of = ways.setdefault(client, {})
        key = (way.audience, way.device)
        of[key] = _together(of[key], way) if key in of else way
    rows = connection.execute(
        select(PRINCIPAL.c.id, PRINCIPAL.c.client)
        .where(PRINCIPAL.c.client.in_(ways), PRINCIPAL.c.revoked.is_(False))
        .order_by(PRINCIPAL.c.id)
    )
    return tuple(
        Consented(get(connection, row.id), tuple(way for _, way in sorted(ways[row.client].items())))
        for row in rows
    )


def withdraw(
    connection: Connection, person: Principal, application: Principal, now: Nanoseconds
) -> int | None:
    """Take back everything that somebody let an application do; return how many families ended by it.

    Returns:
        None where they had let it do nothing.
    """
    own = (FAMILY.c.person == person.client) & (FAMILY.c.client == application.client)
    families = connection.execute(select(FAMILY.c.id).where(own)).scalars().all()
    for family in families:
        end(connection, family, now)
    # A code that was given stays, used up: its request has had its answer.
    codes = (CODE.c.person == person.client) & (CODE.c.client == application.client) & CODE.c.used.is_(False)
    waiting = connection.execute(update(CODE).where(codes).values(used=True)).rowcount
    remembered = (CONSENT.c.person == person.client) & (CONSENT.c.client == application.client)
    had = connection.execute(delete(CONSENT).where(remembered)).rowcount
    return len(families) if families or waiting or had else None


def _living(connection: Connection, person: Principal, now: Nanoseconds) -> Iterator[tuple[str, Way]]:
    """Yield the client of each family that lives, and what it stands for."""
    rows = connection.execute(
        select(FAMILY, DEVICE_FAMILY.c.family)
        .outerjoin(DEVICE_FAMILY, DEVICE_FAMILY.c.family == FAMILY.c.id)
        .where(FAMILY.c.person == person.client, FAMILY.c.expires > now, FAMILY.c.used > now - IDLE)
    )
    for row in rows:
        yield row.client, _way(row)


def _way(row: Row[tuple[object, ...]]) -> Way:
    return Way(
        row.audience, row.family is not None, Nanoseconds(row.expires - LONGEST), Nanoseconds(row.used)
    )


def _remembered(connection: Connection, person: Principal) -> Iterator[tuple[str, Way]]:
    """Yield the client of each consent by which the same is not asked again; of public applications it always is."""
    rows = connection.execute(
        select(CONSENT)
        .join(APPLICATION, APPLICATION.c.client == CONSENT.c.client)
        .where(CONSENT.c.person == person.client, APPLICATION.c.public.is_(False))
    )
    for row in rows:
        yield row.client, Way(row.audience, device=False, since=Nanoseconds(row.at), used=NEVER)


def _together(one: Way, other: Way) -> Way:
    return msgspec.structs.replace(one, since=min(one.since, other.since), used=max(one.used, other.used))
