"""Versions of the operator's policies: each change makes one, the newest is in force, and none is ever altered.

Rules of this file: functions over one open transaction; the caller has validated the text, commits, then publishes,
then answers. To go back is a version too, so that what was in force when is never rewritten. At a start of the platform the
configured files win where they are others than the configuration led to when the newest version was made; where
nobody has touched them since, the newest version stays. A control process that takes over within a start was told of
the files as they were then, which says nothing about now: the newest version stays.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bartizan.access.errors import PolicyVersionUnknown
from bartizan.access.tables import POLICY_VERSION
from bartizan.clock import Nanoseconds

MOST_VERSIONS: Final = 100
"""Versions that are kept; the oldest give way. What they were stands in the record, by digest."""
Source = Literal["start", "applied", "rolled-back"]
"""Where a version comes from: the configured files at a start, the owner's command, or an earlier version."""
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class Version(msgspec.Struct, frozen=True):
    """One set of policies that was in force, or is.

    Attributes:
        number: from 1, growing.
        files: Cedar text by name of its file; none are the built-in policies.
        digest: SHA-256 of the files with their names, hexadecimal.
        configured: digest of the files that the configuration led to when this was put in force.
        boot: the start of the platform at which those were looked at last.
        source: where it comes from.
        repeats: the version that it is again; 0 where it is new.
        at: when it was put in force, UTC nanoseconds.
    """

    number: int
    files: Mapping[str, str]
    digest: str
    configured: str
    boot: str
    source: Source
    repeats: int
    at: Nanoseconds


def digest_of(files: Mapping[str, str]) -> str:
    """Return SHA-256, hexadecimal, of policy files with their names, in whatever order they come."""
    return hashlib.sha256(_ENCODER.encode(dict(files))).hexdigest()


def newest(connection: Connection) -> Version | None:
    """Return the version in force; None before the first start."""
    ordered = select(POLICY_VERSION).order_by(POLICY_VERSION.c.number.desc()).limit(1)
    row = connection.execute(ordered).first()
    return None if row is None else _version(row)


def all_of(connection: Connection) -> tuple[Version, ...]:
    """Return the versions that are kept, the oldest first."""
    rows = connection.execute(select(POLICY_VERSION).order_by(POLICY_VERSION.c.number))
    return tuple(map(_version, rows))


def get(connection: Connection, number: int) -> Version:
    """Return a version.

    Raises:
        PolicyVersionUnknown: there is none of this number, or it gave way.
    """
    row = connection.execute(select(POLICY_VERSION).where(POLICY_VERSION.c.number == number)).first()
    if row is None:
        raise PolicyVersionUnknown
    return _version(row)


def take_up(
    connection: Connection, configured: Mapping[str, str], boot: str, now: Nanoseconds
) -> tuple[Version, bool]:
    """Return the version that a start of the control process puts in force, and whether it is a new one.

    Args:
        connection: in a transaction.
        configured: the files that the configuration led to when the platform was started, by name.
        boot: that start.
        now: the instant.
    """
    known, given = newest(connection), digest_of(configured)
    if known is not None and known.boot == boot:
        return known, False
    if known is None or given not in {known.configured, known.digest}:
        return add(connection, configured, "start", now, configured=given, boot=boot), True
    _look(connection, known.number, given, boot)  # what was applied may stand in the files meanwhile
    return get(connection, known.number), False


def add(
    connection: Connection,
    files: Mapping[str, str],
    source: Source,
    now: Nanoseconds,
    *,
    configured: str = "",
    boot: str = "",
    repeats: int = 0,
) -> Version:
    """Return a new version, which is in force from the next generation on.

    Args:
        connection: in a transaction.
        files: Cedar text by name of its file, validated.
        source: where it comes from.
        now: the instant.
        configured, boot: digest of the configured files, and the start at which they were looked at; empty takes what
            the version before knew.
        repeats: the version that it is again.
    """
    known = newest(connection)
    row = {
        "number": known.number + 1 if known else 1,
        "files": _ENCODER.encode(dict(files)).decode(),
        "digest": digest_of(files),
        "configured": configured or (known.configured if known else ""),
        "boot": boot or (known.boot if known else ""),
        "source": source,
        "repeats": repeats,
        "at": now,
    }
    connection.execute(insert(POLICY_VERSION).values(row))
    last = connection.execute(select(func.max(POLICY_VERSION.c.number))).scalar_one()
    connection.execute(delete(POLICY_VERSION).where(POLICY_VERSION.c.number <= last - MOST_VERSIONS))
    return get(connection, last)


def _look(connection: Connection, number: int, configured: str, boot: str) -> None:
    where = POLICY_VERSION.c.number == number
    connection.execute(update(POLICY_VERSION).where(where).values(configured=configured, boot=boot))


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(
        number=row.number,
        files=msgspec.json.decode(row.files, type=dict[str, str]),
        digest=row.digest,
        configured=row.configured,
        boot=row.boot,
        source=row.source,
        repeats=row.repeats,
        at=Nanoseconds(row.at),
    )
