"""What the store keeps of schedules: one row each, so that a restart neither repeats nor forgets a run."""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
)

from bartizan.app.schedule.due import Kept

METADATA: Final = MetaData()

SCHEDULE: Final = Table(
    "schedule",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("every", BigInteger, nullable=False, comment="seconds; 0 is off"),
    *(
        Column(name, BigInteger, nullable=False, comment="UTC nanoseconds; 0 is never")
        for name in ("since", "started", "ended", "good")
    ),
    Column("runs", BigInteger, nullable=False, comment="how many were started"),
    Column("running", Boolean, nullable=False),
    Column("overdue", Boolean, nullable=False, comment="on record, and not cleared yet"),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)


def prepare(store: Engine) -> None:
    """Make the table where it is missing."""
    METADATA.create_all(store)


def load(connection: Connection) -> Mapping[str, Kept]:
    """Return what is remembered, by name of the schedule."""
    rows = connection.execute(select(SCHEDULE)).mappings()
    return {row["name"]: Kept(**row) for row in rows}


def save(connection: Connection, kept: Kept) -> None:
    """Remember this of a schedule, in place of what was remembered before."""
    forget(connection, kept.name)
    connection.execute(insert(SCHEDULE).values(msgspec.to_builtins(kept)))


def forget(connection: Connection, name: str) -> None:
    """Remember nothing of a schedule any more."""
    connection.execute(delete(SCHEDULE).where(SCHEDULE.c.name == name))
