"""What is kept of external issuers: who their subjects are here, what they have ended, and their last known keys.

Rules of this file: functions over one open transaction; the caller commits, then publishes, then answers. What was
ended is kept for as long as a token from before could still be good, and what was heard for as long as it could be
heard again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bartizan.access import register as people
from bartizan.access.tables import ENDED, HEARD, ISSUER_KEYS, LINK, PRINCIPAL
from bartizan.clock import DAY, SECOND, Nanoseconds
from bartizan.identity.external import Link, ended_key
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.refusal import LONGEST_LIFE
from bartizan.identity.state import TrustedIssuer
from bartizan.identity.token import Claims

FOR_EVER: Final = Nanoseconds(2**63 - 1)
MOST_LINKS: Final = 100_000
"""Subjects of external issuers that are known at most; beyond them nobody new is registered."""
_AFTER: Final = Nanoseconds(LONGEST_LIFE + 60 * SECOND)
"""How long after it was issued no token is good any more, clocks that differ a little included."""
_SESSION: Final = Nanoseconds(7 * DAY)
"""How long the end of a session is kept: an issuer that still gave tokens of it after that would be at fault."""
_NAME_DIGITS: Final = 16


class External(msgspec.Struct, frozen=True):
    """What external issuers add to the state that workers decide on; fields as of `State`."""

    issuers: tuple[TrustedIssuer, ...] = ()
    links: tuple[Link, ...] = ()
    ended: dict[str, Nanoseconds] = {}


class LinksFull(Exception):
    """So many subjects are known that nobody new is registered."""


def known(connection: Connection, issuer: str, subject: str) -> Link | None:
    """Return who a subject is here; None where nobody."""
    row = connection.execute(
        select(LINK).where((LINK.c.issuer == issuer) & (LINK.c.subject == subject))
    ).first()
    return None if row is None else _link(row)


def links(connection: Connection) -> tuple[Link, ...]:
    """Return every link, in order of issuer and subject."""
    return tuple(map(_link, connection.execute(select(LINK).order_by(LINK.c.issuer, LINK.c.subject))))


def link(connection: Connection, new: Link) -> None:
    """Remember who a subject is here."""
    row = {**msgspec.structs.asdict(new), "roles": " ".join(new.roles)}
    connection.execute(insert(LINK).values(row))


def arrive(connection: Connection, claims: Claims, now: Nanoseconds) -> Principal:
    """Return a new principal for somebody whom an issuer that registers has let in.

    Args:
        claims: verified.
        now: the instant.
    Raises:
        LinksFull: there are too many.
        PrincipalExists: somebody else was given this very name by hand, which earlier versions let happen.
    """
    if (connection.execute(select(func.count()).select_from(LINK)).scalar() or 0) >= MOST_LINKS:
        raise LinksFull
    digest = hashlib.sha256(msgspec.json.encode((claims.issuer, claims.subject))).hexdigest()
    person = people.register(
        connection, Kind.USER, f"x-{digest[:_NAME_DIGITS]}", claims.roles, now, kept=people.SUBJECTS
    )
    link(connection, Link(claims.issuer, claims.subject, person.id, claims.roles, claims.issued))
    return person


def change_roles(connection: Connection, before: Link, claims: Claims) -> Principal:
    """Return somebody who has the roles from now on that a newer token says.

    Args:
        before: what was known.
        claims: verified.
    """
    roles = " ".join(claims.roles)
    where = (LINK.c.issuer == before.issuer) & (LINK.c.subject == before.subject)
    connection.execute(update(LINK).where(where).values(roles=roles, of=claims.issued))
    connection.execute(update(PRINCIPAL).where(PRINCIPAL.c.id == before.principal).values(roles=roles))
    return people.get(connection, before.principal)


def end(connection: Connection, issuer: str, subject: str, said: Nanoseconds, *, lasts: bool = False) -> None:
    """Have every token of a subject refused that was issued before its issuer said so.

    Args:
        connection: a transaction.
        issuer, subject: whose.
        said: when, by the issuer's clock, UTC nanoseconds.
        lasts: whether later tokens are refused too, until `resume`.
    """
    key, at = ended_key("sub", issuer, subject), FOR_EVER if lasts else said
    row = connection.execute(select(ENDED).where(ENDED.c.key == key)).first()
    if row is not None and (row.at >= at or row.since > said):
        return
    _end(connection, key, at, said, FOR_EVER if lasts else Nanoseconds(said + _AFTER))


def end_session(connection: Connection, issuer: str, session: str, now: Nanoseconds) -> None:
    """Have every token of a session refused, whenever it was issued, for as long as there could be one."""
    _end(connection, ended_key("sid", issuer, session), FOR_EVER, now, Nanoseconds(now + _SESSION))


def resume(connection: Connection, issuer: str, subject: str, said: Nanoseconds) -> None:
    """Take tokens of a subject again that were issued after its issuer said so; what is older than its end is nothing.

    Arguments as of `end`.
    """
    key = ended_key("sub", issuer, subject)
    where = (ENDED.c.key == key) & (ENDED.c.since < said)
    connection.execute(update(ENDED).where(where).values(at=said, since=said, until=said + _AFTER))


def _end(connection: Connection, key: str, at: Nanoseconds, since: Nanoseconds, until: Nanoseconds) -> None:
    connection.execute(delete(ENDED).where(ENDED.c.key == key))
    connection.execute(insert(ENDED).values(key=key, at=at, since=since, until=until))


def ended(connection: Connection, now: Nanoseconds) -> dict[str, Nanoseconds]:
    """Return what is ended, by its key, of what a token could still be from; writes nothing."""
    wanted = select(ENDED).where(ENDED.c.until > now).order_by(ENDED.c.key)
    return {row.key: Nanoseconds(row.at) for row in connection.execute(wanted)}


def is_over(connection: Connection, principal: str, since: Nanoseconds) -> bool:
    """Return whether an issuer that knows somebody has ended what they signed in for until this instant, or later.

    Args:
        connection: a transaction.
        principal: id of whom.
        since: when they signed in, UTC nanoseconds.
    """
    named = connection.execute(select(LINK.c.issuer, LINK.c.subject).where(LINK.c.principal == principal))
    keys = [ended_key("sub", row.issuer, row.subject) for row in named]
    over = select(ENDED.c.key).where(ENDED.c.key.in_(keys), ENDED.c.at >= since)
    return connection.execute(over).first() is not None


def forget_ended(connection: Connection, now: Nanoseconds) -> None:
    """Forget what no token could be from any more."""
    connection.execute(delete(ENDED).where(ENDED.c.until <= now))


def heard(connection: Connection, issuer: str, told: str, until: Nanoseconds, now: Nanoseconds) -> bool:
    """Return whether something was heard before, by its `jti`, and remember it.

    Args:
        connection: a transaction.
        issuer, told: whose, and its `jti`.
        until: when it would be refused as too old.
        now: the instant.
    """
    connection.execute(delete(HEARD).where(HEARD.c.until <= now))
    key = _heard_key(issuer, told)
    if connection.execute(select(HEARD.c.key).where(HEARD.c.key == key)).first() is not None:
        return True
    connection.execute(insert(HEARD).values(key=key, until=until))
    return False


def unhear(connection: Connection, issuer: str, told: str) -> None:
    """Forget that something was heard, so that whoever tells it again is heard; arguments as of `heard`."""
    connection.execute(delete(HEARD).where(HEARD.c.key == _heard_key(issuer, told)))


def keys(connection: Connection, issuer: str) -> tuple[dict[str, str], ...]:
    """Return the public keys that an issuer had last; none where it was never read."""
    row = connection.execute(select(ISSUER_KEYS).where(ISSUER_KEYS.c.issuer == issuer)).first()
    return () if row is None else msgspec.json.decode(row.keys, type=tuple[dict[str, str], ...])


def keep_keys(connection: Connection, issuer: str, new: Sequence[dict[str, str]]) -> None:
    """Remember the public keys of an issuer, in place of what was remembered before."""
    connection.execute(delete(ISSUER_KEYS).where(ISSUER_KEYS.c.issuer == issuer))
    connection.execute(insert(ISSUER_KEYS).values(issuer=issuer, keys=msgspec.json.encode(new).decode()))


def forget_others(connection: Connection, issuers: Iterable[str]) -> None:
    """Forget the keys of issuers that are not configured any more."""
    connection.execute(delete(ISSUER_KEYS).where(ISSUER_KEYS.c.issuer.not_in(list(issuers))))


def _heard_key(issuer: str, told: str) -> str:
    return hashlib.sha256(msgspec.json.encode((issuer, told))).hexdigest()


def _link(row: Row[tuple[object, ...]]) -> Link:
    return Link(row.issuer, row.subject, row.principal, tuple(row.roles.split()), Nanoseconds(row.of))
