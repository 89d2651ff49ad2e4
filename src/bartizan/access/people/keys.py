"""Whose passkeys there are, in the store.

Rules of this file: functions over one open transaction; the caller commits. A person reaches their own rows alone:
every function that names one takes whose it must be. A passkey counts for no more than what it was added by: else whoever
has a copy of a synced one would add one of their own, and call it device-bound.
"""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.passkey import Asserted, Enrolled
from bartizan.access.people.tables import PASSKEY
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random
from bartizan.identity.verified import DEVICE_BOUND, SYNCED

MOST: Final = 16
"""Passkeys of one person."""


class Passkey(msgspec.Struct, frozen=True):
    """A row of `tables.PASSKEY`.

    Attributes:
        synced: whether its authenticator says that it may be on several devices.
        worth: what it counts as for policies and events, a word of `verified.PASSKEYS`.
    """

    id: str
    principal: str
    credential: bytes
    public_key: bytes
    count: int
    synced: bool
    backed_up: bool
    worth: str
    label: str
    created: Nanoseconds
    used: Nanoseconds


def handle(person: Principal) -> bytes:
    """Return what authenticators call a person: 32 octets that say nothing of them, and die with their content key."""
    return hmac.digest(person.content_key, b"bartizan passkey user handle", hashlib.sha256)


def of_person(connection: Connection, principal: str) -> tuple[Passkey, ...]:
    """Return a person's passkeys, oldest first."""
    rows = connection.execute(
        select(PASSKEY).where(PASSKEY.c.principal == principal).order_by(PASSKEY.c.created, PASSKEY.c.id)
    )
    return tuple(_passkey(row) for row in rows)


def of_credential(connection: Connection, credential: bytes) -> Passkey:
    """Return a passkey by its credential id.

    Raises:
        SignInRefused: nobody has it.
    """
    row = connection.execute(select(PASSKEY).where(PASSKEY.c.credential == credential)).first()
    if row is None:
        raise SignInRefused(Fault.PASSKEY_UNKNOWN)
    return _passkey(row)


def add(
    connection: Connection,
    principal: str,
    enrolled: Enrolled,
    label: str,
    now: Nanoseconds,
    by: str = DEVICE_BOUND,
    random: Random = secrets.token_bytes,
) -> Passkey:
    """Return a person's new passkey.

    Args:
        connection: to the store.
        principal: whose.
        enrolled: what their authenticator made.
        label: what they call it.
        now: the instant.
        by: what it is added on the word of, a word of `verified.PASSKEYS`.
        random: source of its id.
    Raises:
        SignInRefused: somebody has it already, or they have as many as they may.
    """
    if len(of_person(connection, principal)) >= MOST:
        raise SignInRefused(Fault.PASSKEYS_TOO_MANY)
    if connection.execute(select(PASSKEY.c.id).where(PASSKEY.c.credential == enrolled.credential)).first():
        raise SignInRefused(Fault.PASSKEY_KNOWN)
    made = Passkey(
        id=random(8).hex(),
        principal=principal,
        worth=SYNCED if enrolled.synced else by,
        label=label,
        created=now,
        used=now,
        **msgspec.structs.asdict(enrolled),
    )
    connection.execute(insert(PASSKEY).values(msgspec.structs.asdict(made)))
    return made


def used(connection: Connection, passkey: Passkey, shown: Asserted, now: Nanoseconds) -> None:
    """Remember what a passkey showed when it was used."""
    connection.execute(
        update(PASSKEY)
        .where(PASSKEY.c.id == passkey.id)
        .values(count=shown.count, backed_up=shown.backed_up, used=now)
    )


def remove(connection: Connection, principal: str, passkey: str) -> None:
    """Forget a passkey of a person, who has another one.

    Raises:
        SignInRefused: it is not theirs, or their last.
    """
    own = of_person(connection, principal)
    if passkey not in {each.id for each in own}:
        raise SignInRefused(Fault.PASSKEY_UNKNOWN)
    if len(own) == 1:
        raise SignInRefused(Fault.PASSKEY_LAST)
    connection.execute(delete(PASSKEY).where(PASSKEY.c.id == passkey))


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name for what is public
