"""Devices in the store: keys that ask to be admitted, devices that were, and what is claimed of each.

Rules of this file: functions over one open transaction; the caller commits, then publishes, then answers. Whoever asks is a
stranger, so keys that ask are few and forgotten after a while, and a crowd takes places from itself alone (`places.py`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select

from bartizan.access.errors import DeviceKeyTaken, DeviceUnknown, EnrolmentsFull, PrincipalUnknown
from bartizan.access.places import gives_way, whence
from bartizan.access.register import get, prefixes_of
from bartizan.access.tables import DEVICE, ENROLMENT, POSTURE
from bartizan.clock import DAY, Nanoseconds
from bartizan.identity.device import Device, Posture
from bartizan.identity.principal import Principal
from bartizan.identity.statement import Enrolment, Stated

MOST_ASKING: Final = 256
"""Keys that ask at once; of the networks with the most, the oldest gives way."""
KEPT: Final = DAY
"""How long a key that asks is kept."""


class Asking(msgspec.Struct, frozen=True):
    """A key that asks: thumbprint, JWK, the name that it asks to have, pseudonym of its network or empty, since when."""

    key: str
    public: str
    name: str
    source: str
    at: Nanoseconds


def ask(connection: Connection, enrolment: Enrolment, source: str, now: Nanoseconds) -> bool:
    """Remember that a key asks; return whether it is an admitted device's already.

    Args:
        connection: a transaction.
        enrolment: verified.
        source: pseudonym of the network that it came from, or empty.
        now: the instant.
    Raises:
        EnrolmentsFull: there are as many as there may be, and nobody has more of them than its own network.
    """
    known = select(DEVICE.c.id).where(DEVICE.c.key == enrolment.key)
    if connection.execute(known).first() is not None:
        return True
    connection.execute(delete(ENROLMENT).where(ENROLMENT.c.key == enrolment.key))
    waiting = asking(connection, now)
    if len(waiting) >= MOST_ASKING:
        _make_room(connection, waiting, source)
    row = {"key": enrolment.key, "public": enrolment.public, "name": enrolment.name}
    connection.execute(insert(ENROLMENT).values(row | {"source": source, "at": now}))
    return False


def _make_room(connection: Connection, waiting: Sequence[Asking], source: str) -> None:
    """Forget the key that gives way to one that comes from a network; one network may have several pseudonyms."""
    known = prefixes_of(connection, {source, *(each.source for each in waiting)})
    there = [whence(known.get(each.source, ""), each.source) for each in waiting]
    over = gives_way(there, whence(known.get(source, ""), source))
    if over is None:
        raise EnrolmentsFull
    refuse(connection, waiting[over].key)


def asking(connection: Connection, now: Nanoseconds) -> tuple[Asking, ...]:
    """Return the keys that ask, the oldest first, and forget those that did too long ago."""
    connection.execute(delete(ENROLMENT).where(ENROLMENT.c.at <= now - KEPT))
    rows = connection.execute(select(ENROLMENT).order_by(ENROLMENT.c.at, ENROLMENT.c.key))
    return tuple(Asking(row.key, row.public, row.name, row.source, Nanoseconds(row.at)) for row in rows)


def refuse(connection: Connection, key: str) -> bool:
    """Forget that a key asks; return whether it did."""
    return connection.execute(delete(ENROLMENT).where(ENROLMENT.c.key == key)).rowcount > 0


def wanted(connection: Connection, key: str, now: Nanoseconds) -> Asking:
    """Return a key that asks.

    Raises:
        DeviceUnknown: it does not, or no longer.
    """
    for each in asking(connection, now):
        if each.key == key:
            return each
    raise DeviceUnknown


def admit(
    connection: Connection,
    device: Principal,
    asked: Asking,
    holder: str,
    now: Nanoseconds,
    *,
    hardware: bool,
) -> Device:
    """Keep the key of a device.

    Args:
        connection: a transaction, in which its principal was registered.
        device: that principal.
        asked: the key.
        holder: id of whose tokens may be bound to it; empty for everybody's.
        now: the instant.
        hardware: whether it is vouched that the key cannot leave the machine.
    Raises:
        PrincipalUnknown: nobody is the holder.
        DeviceKeyTaken: the key is another device's.
    """
    if holder:
        get(connection, holder)
    taken = select(DEVICE.c.id).where(DEVICE.c.key == asked.key)
    if connection.execute(taken).first() is not None:
        raise DeviceKeyTaken
    refuse(connection, asked.key)
    row = {"id": device.id, "key": asked.key, "public": asked.public, "holder": holder or None}
    connection.execute(insert(DEVICE).values(row | {"hardware": hardware, "at": now}))
    return Device(device.id, asked.key, holder, hardware)


def devices(connection: Connection) -> tuple[Device, ...]:
    """Return every device that was admitted, the revoked included, in order of id."""
    said: dict[str, list[Posture]] = {}
    for row in connection.execute(select(POSTURE).order_by(POSTURE.c.signer)):
        said.setdefault(row.device, []).append(
            Posture(row.signer, Nanoseconds(row.at), tuple(row.holds.split()))
        )
    rows = connection.execute(select(DEVICE).order_by(DEVICE.c.id))
    return tuple(
        Device(row.id, row.key, row.holder or "", row.hardware, tuple(said.get(row.id, ()))) for row in rows
    )


def device_of(connection: Connection, key: str) -> Principal:
    """Return the principal of the device that has a key.

    Raises:
        DeviceUnknown: none has.
    """
    found = connection.execute(select(DEVICE.c.id).where(DEVICE.c.key == key)).scalar()
    if found is None:
        raise DeviceUnknown
    try:
        return get(connection, found)
    except PrincipalUnknown as fault:  # a row of a principal goes with it
        raise DeviceUnknown from fault


def tell(connection: Connection, device: str, stated: Stated, apart: Nanoseconds) -> bool:
    """Keep what is claimed of a device; return whether that is new.

    Args:
        connection: a transaction.
        device: its id.
        stated: verified.
        apart: how much later than the last one of the same signer it must be signed.
    """
    of = (POSTURE.c.device == device) & (POSTURE.c.signer == stated.by)
    last = connection.execute(select(POSTURE.c.at).where(of)).scalar()
    if last is not None and stated.at < last + apart:
        return False
    connection.execute(delete(POSTURE).where(of))
    row = {"device": device, "signer": stated.by, "at": stated.at, "holds": " ".join(stated.holds)}
    connection.execute(insert(POSTURE).values(row))
    return True


def forget_signers(connection: Connection, signers: tuple[str, ...]) -> None:
    """Forget what was signed by authorities that are not configured any more."""
    connection.execute(delete(POSTURE).where(POSTURE.c.signer.not_in(signers)))
