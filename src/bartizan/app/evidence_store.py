"""Where evidence is kept: one SQLite file of its own, sealed pieces with what each is bound to.

Rules of this file: functions over one open transaction. Bounded for each service; where it is full, the oldest piece of
whoever has most goes, so that nobody floods out what was found of others.
"""

from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from bartizan.app.evidence_messages import About, EvidenceSealed
from bartizan.clock import Nanoseconds

MOST: Final = 1_024
"""Pieces of one service."""
OCTETS: Final = 8 << 20
"""Octets that they have together."""
METADATA: Final = MetaData()
EVIDENCE: Final = Table(
    "evidence",
    METADATA,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the rest, hexadecimal"),
    Column("service", Text, nullable=False),
    Column("request", Text, nullable=False, comment="its id"),
    Column("principal", Text, nullable=False, index=True, comment="pseudonym of who asked"),
    Column("segment", BigInteger, nullable=False, comment="of the journal that tells what was found"),
    Column("entry", BigInteger, nullable=False, comment="sequence in it"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("until", BigInteger, nullable=False, index=True, comment="UTC nanoseconds; the row goes then"),
    Column("size", Integer, nullable=False, comment="octets of what is sealed"),
    Column("sealed", LargeBinary, nullable=False),
    Index("evidence_of_service", "service", "at"),
)


class Kept(msgspec.Struct, frozen=True):
    """What is known of a piece without opening it.

    Attributes:
        digest: what the record knows it by, hexadecimal.
        about: what it is bound to.
        size: octets of what is sealed.
    """

    digest: str
    about: About
    size: int

    @property
    def id(self) -> str:
        """What people call it."""
        return f"e-{self.digest[:16]}"


def add(connection: Connection, piece: EvidenceSealed) -> list[Kept]:
    """Keep a piece; return those that had to go for it."""
    row = msgspec.structs.asdict(piece.about) | {"digest": piece.digest, "size": len(piece.sealed)}
    connection.execute(insert(EVIDENCE).prefix_with("OR IGNORE").values(row | {"sealed": piece.sealed}))
    gone = list[Kept]()
    while _is_over(connection, piece.about.service):
        gone += _oldest_of_most(connection, piece.about.service)
    return gone


def several(connection: Connection, after: str, most: int) -> list[Kept]:
    """Return pieces in order of time, those behind a `key_of`."""
    at, _, digest = after.partition(" ")
    behind = (EVIDENCE.c.at, EVIDENCE.c.digest)
    wanted = select(EVIDENCE).order_by(*behind).limit(most)
    if after:
        later = (EVIDENCE.c.at == int(at)) & (EVIDENCE.c.digest > digest)
        wanted = wanted.where((EVIDENCE.c.at > int(at)) | later)
    return [_kept(row) for row in connection.execute(wanted)]


def key_of(kept: Kept) -> str:
    """Return what places a piece in order of time."""
    return f"{kept.about.at} {kept.digest}"


def find(connection: Connection, wanted: str) -> tuple[Kept, bytes] | None:
    """Return a piece by its id, and what is sealed; None where there is none."""
    named = EVIDENCE.c.digest.startswith(wanted.removeprefix("e-"), autoescape=True)
    row = connection.execute(select(EVIDENCE).where(named).limit(1)).first()
    return None if row is None else (_kept(row), bytes(row._mapping["sealed"]))  # noqa: SLF001 - SQLAlchemy's name for what is public


def take_out(connection: Connection, which: ColumnElement[bool], most: int = MOST) -> list[Kept]:
    """Delete pieces, so many at most; return them."""
    found = [_kept(row) for row in connection.execute(select(EVIDENCE).where(which).limit(most))]
    for each in found:
        connection.execute(delete(EVIDENCE).where(EVIDENCE.c.digest == each.digest))
    return found


def expired(now: Nanoseconds) -> ColumnElement[bool]:
    """Return which pieces are to be gone."""
    return EVIDENCE.c.until <= now


def _is_over(connection: Connection, service: str) -> bool:
    counted = select(func.count(), func.coalesce(func.sum(EVIDENCE.c.size), 0))
    many, octets = connection.execute(counted.where(EVIDENCE.c.service == service)).one()
    return int(many) > MOST or int(octets) > OCTETS


def _oldest_of_most(connection: Connection, service: str) -> list[Kept]:
    own = EVIDENCE.c.service == service
    most = (
        select(EVIDENCE.c.principal)
        .where(own)
        .group_by(EVIDENCE.c.principal)
        .order_by(func.sum(EVIDENCE.c.size).desc(), EVIDENCE.c.principal)
        .limit(1)
    ).scalar_subquery()
    oldest = (
        select(EVIDENCE.c.digest)
        .where(own, EVIDENCE.c.principal == most)
        .order_by(EVIDENCE.c.at, EVIDENCE.c.digest)
        .limit(1)
    ).scalar_subquery()
    return take_out(connection, EVIDENCE.c.digest == oldest)


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's name for what is public
    about = {name: values[name] for name in About.__struct_fields__}
    return Kept(str(values["digest"]), About(**about), int(values["size"]))
