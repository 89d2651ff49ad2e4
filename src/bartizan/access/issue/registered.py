"""Applications that registered themselves, as they are kept: who registered which, until when, and by which token they are managed.

Rules of this file: functions over one open transaction. A registration ends by itself unless it is renewed in time. The
registration access token is 256 random bits, kept as a digest, and good once: its use gives the next. How many there are, and how many
come in a minute, is bounded for each registrant, for everybody who is anonymous, and in all.
Source: RFC 7591 section 5; RFC 7592 sections 3 and 5.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.grant import CLIENT
from bartizan.access.issue.mint import GATEWAY
from bartizan.access.issue.registration import RegistrationFault, RegistrationRefused, Wanted
from bartizan.access.tables import PRINCIPAL, REGISTRATION
from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random
from bartizan.identity.token import OF_ONE

LIFE: Final = Nanoseconds(90 * DAY)
"""How long a registration is good, its secret with it; an update begins it anew."""
MOST_OF_ONE: Final = 16
"""Registrations of one registrant, or of one network where it is anonymous, that are good at a time."""
MOST_ANONYMOUS: Final = 128
"""Those of everybody who is anonymous."""
MOST: Final = 1024
"""All of them."""
A_MINUTE: Final = 4
"""New ones a minute of one registrant, and of everybody who is anonymous together."""
KEPT: Final = 1024
"""Those that are over and still known; the oldest give way."""
PREFIX: Final = "bartizan_g."
"""What every registration access token begins with, so that scanners of leaked secrets know one."""
OVER: Final = "the registration of this application is over; it has to register anew"
_OCTETS: Final = 32
_NAME: Final = 8
_NOBODY: Final = hashlib.sha256(b"").digest()


class Terms(msgspec.Struct, frozen=True):
    """What an application that registered itself may ask for, and until when.

    Attributes:
        client: its `client_id`.
        registrant: `client_id` of who registered it; empty for whoever was anonymous.
        method: how it authenticates.
        grants: grant types.
        service: the one that its tokens are for; empty for all.
        bound: whether they are always bound to a key.
        made, expires: UTC nanoseconds.
    """

    client: str
    registrant: str
    method: str
    grants: tuple[str, ...]
    service: str
    bound: bool
    made: Nanoseconds
    expires: Nanoseconds

    def audience(self, asked: str) -> str:
        """Return the audience that a request comes to: what was registered for, and never the platform itself.

        Raises:
            GrantRefused: it asks for more.
        """
        most = f"{GATEWAY}{OF_ONE}{self.service}" if self.service else GATEWAY
        if asked in {most, GATEWAY}:
            return most
        if not self.service and asked.startswith(GATEWAY + OF_ONE):
            return asked
        what = (
            "an application that registered itself has tokens for the services that it registered for alone"
        )
        raise GrantRefused(GrantFault.INVALID_TARGET, what, "target-not-registered")

    def require_own(self) -> None:
        """Refuse who asks in its own name and did not register for that.

        Raises:
            GrantRefused: unauthorized_client.
        """
        if CLIENT not in self.grants:
            what = f"this application did not register for {CLIENT}"
            raise GrantRefused(GrantFault.UNAUTHORIZED_CLIENT, what, "grant-not-registered")


def new_name(random: Random = secrets.token_bytes) -> str:
    """Return the name of an application that registers itself: no choice of its own, so it can be taken for nobody."""
    return f"self-{random(_NAME).hex()}"


def add(
    connection: Connection,
    made: Principal,
    by: tuple[str, str],
    wanted: Wanted,
    service: str,
    now: Nanoseconds,
) -> str:
    """Return the first registration access token of a new registration.

    Args:
        connection: of the transaction.
        made: whom it is of.
        by: `client_id` of who registers, empty for whoever is anonymous, and the pseudonym of the network, or nothing.
        wanted: what it is to be.
        service: that its tokens are for; empty for all.
        now: the instant.
    """
    token = _new_token()
    row = {"client": made.client, "registrant": by[0], "source": by[1], "made": now, "token": _digest(token)}
    connection.execute(insert(REGISTRATION).values(row | _settled(wanted, service, now)))
    _forget(connection, now)
    return token


def change(connection: Connection, client: str, wanted: Wanted, service: str, now: Nanoseconds) -> None:
    """Have a registration be another, from now on and for as long as a new one."""
    there = REGISTRATION.c.client == client
    connection.execute(update(REGISTRATION).where(there).values(_settled(wanted, service, now)))


def end(connection: Connection, client: str, now: Nanoseconds) -> None:
    """Have a registration be over; nothing manages it any more."""
    there = REGISTRATION.c.client == client
    connection.execute(update(REGISTRATION).where(there).values(expires=now, token=_NOBODY))


def terms(connection: Connection, client: str) -> Terms | None:
    """Return what an application registered itself for; None where it did not, or is not known."""
    return _terms(connection.execute(select(REGISTRATION).where(REGISTRATION.c.client == client)).first())


def managed(connection: Connection, client: str, token: str, now: Nanoseconds) -> Terms | None:
    """Return the registration that a token manages; None where it manages none now.

    Args:
        connection: of the transaction.
        client: `client_id` of the registration.
        token: registration access token.
        now: the instant.
    """
    row = connection.execute(
        select(REGISTRATION)
        .join(PRINCIPAL, PRINCIPAL.c.client == REGISTRATION.c.client)
        .where(REGISTRATION.c.client == client, REGISTRATION.c.expires > now, PRINCIPAL.c.revoked.is_(False))
    ).first()
    matches = hmac.compare_digest(_digest(token), _NOBODY if row is None else row.token)
    return _terms(row) if matches and token else None


def renew_token(connection: Connection, client: str) -> str:
    """Return the registration access token that is good next; the one before is used."""
    token = _new_token()
    there = REGISTRATION.c.client == client
    connection.execute(update(REGISTRATION).where(there).values(token=_digest(token)))
    return token


def of_registrant(connection: Connection, client: str) -> tuple[str, ...]:
    """Return the ids of the principals that one registered, by its `client_id`; none for an empty one."""
    rows = connection.execute(
        select(PRINCIPAL.c.id)
        .join(REGISTRATION, PRINCIPAL.c.client == REGISTRATION.c.client)
        .where(REGISTRATION.c.registrant == client, REGISTRATION.c.registrant != "")
    )
    return tuple(row.id for row in rows)


def require_room(connection: Connection, by: tuple[str, str], now: Nanoseconds) -> None:
    """Refuse a registration where there are too many, or too many came in this minute; arguments as of `add`.

    Raises:
        RegistrationRefused: so.
    """
    table, (registrant, source) = REGISTRATION.c, by
    own = table.registrant == registrant
    since = table.made > now - MINUTE
    if _count(connection, own & since) >= A_MINUTE:
        what = f"{A_MINUTE} a minute are taken; wait"
        raise RegistrationRefused(
            RegistrationFault.TOO_MANY, what, "registrations-too-fast", wait_s=MINUTE // SECOND
        )
    good = (table.expires > now) & (PRINCIPAL.c.revoked.is_(False))
    bounds: list[tuple[ColumnElement[bool], int]] = [(good, MOST)]
    if registrant:
        bounds.append((good & own, MOST_OF_ONE))
    else:
        bounds += [(good & own, MOST_ANONYMOUS), (good & own & (table.source == source), MOST_OF_ONE)]
    if any(_count(connection, which) >= most for which, most in bounds):
        what = "there are as many registrations as may be; end one that is not needed"
        raise RegistrationRefused(RegistrationFault.TOO_MANY, what, "registrations-full")


def require_current(connection: Connection, principal: Principal, now: Nanoseconds) -> None:
    """Refuse an application whose own registration is over; whom people registered has none.

    Raises:
        GrantRefused: invalid_client.
    """
    if not principal.self_registered:
        return
    found = terms(connection, principal.client)
    if found is None or now >= found.expires:
        raise GrantRefused(
            GrantFault.INVALID_CLIENT, OVER, "registration-over", principal=principal.pseudonym
        )


def _settled(wanted: Wanted, service: str, now: Nanoseconds) -> dict[str, object]:
    return {
        "method": wanted.method,
        "grants": " ".join(wanted.grants),
        "service": service,
        "bound": wanted.bound,
        "expires": now + LIFE,
    }


def _terms(row: Row[tuple[object, ...]] | None) -> Terms | None:
    if row is None:
        return None
    same = ("client", "registrant", "method", "service", "bound", "made", "expires")
    return Terms(grants=tuple(row.grants.split()), **{name: getattr(row, name) for name in same})


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    both = REGISTRATION.join(PRINCIPAL, PRINCIPAL.c.client == REGISTRATION.c.client)
    return connection.execute(select(func.count()).select_from(both).where(which)).scalar_one()


def _forget(connection: Connection, now: Nanoseconds) -> None:
    """Delete the principals of registrations that are long over; nothing of them is good for anything any more."""
    over = (
        select(REGISTRATION.c.client)
        .join(PRINCIPAL, PRINCIPAL.c.client == REGISTRATION.c.client)
        .where((REGISTRATION.c.expires <= now) | PRINCIPAL.c.revoked)
        .order_by(REGISTRATION.c.expires.desc(), REGISTRATION.c.client)
        .offset(KEPT)
    )
    gone: Iterable[str] = [row.client for row in connection.execute(over)]
    connection.execute(delete(PRINCIPAL).where(PRINCIPAL.c.client.in_(gone)))


def _new_token() -> str:
    return PREFIX + encoded(secrets.token_bytes(_OCTETS))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
