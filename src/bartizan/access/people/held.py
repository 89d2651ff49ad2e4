"""What is kept of a request that a guard holds: whose, for what, and its tag; never the request.

Rules of this file: functions over one open transaction; a row goes with its approval, and that with who asked.
"""

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select

from bartizan.access.people.approval import Approval
from bartizan.access.people.tables import APPROVAL, HELD
from bartizan.access.tables import PRINCIPAL
from bartizan.clock import Nanoseconds


class Held(msgspec.Struct, frozen=True):
    """A request that is held.

    Attributes:
        request: its id.
        approval: id of what is asked for it.
        asker: id of who sent it; `pseudonym` in the record.
        service, reason: that it was for, and why it is held.
        at, expires: when it was first sent, and until when all of it stands, UTC nanoseconds.
        state: as of `approval.Approval`.
    """

    request: str
    approval: str
    asker: str
    pseudonym: str
    service: str
    reason: str
    at: Nanoseconds
    expires: Nanoseconds
    state: str


def keep(
    connection: Connection, approval: Approval, service: str, digest: str, reason: str, now: Nanoseconds
) -> None:
    """Keep what an approval is asked for; its subject is the request."""
    connection.execute(
        insert(HELD).values(approval=approval.id, service=service, digest=digest, reason=reason, at=now)
    )


def find_same(connection: Connection, asker: str, service: str, digest: str, now: Nanoseconds) -> Held | None:
    """Return what is held, released or denied of somebody's exactly same request; None where nothing is, or it was used."""
    wanted = _rows(now).where(
        APPROVAL.c.asker == asker,
        HELD.c.service == service,
        HELD.c.digest == digest,
        APPROVAL.c.state != "used",
    )
    row = connection.execute(wanted.order_by(HELD.c.at.desc()).limit(1)).first()
    return None if row is None else _held(row)


def several(connection: Connection, now: Nanoseconds) -> tuple[Held, ...]:
    """Return everything that is held and not over, by id of the request."""
    return tuple(_held(row) for row in connection.execute(_rows(now).order_by(APPROVAL.c.subject)))


def _rows(now: Nanoseconds) -> Select[tuple[object, ...]]:
    return (
        select(
            APPROVAL.c.subject.label("request"),
            APPROVAL.c.id.label("approval"),
            APPROVAL.c.asker,
            PRINCIPAL.c.pseudonym,
            HELD.c.service,
            HELD.c.reason,
            HELD.c.at,
            APPROVAL.c.expires,
            APPROVAL.c.state,
        )
        .join(HELD, HELD.c.approval == APPROVAL.c.id)
        .join(PRINCIPAL, PRINCIPAL.c.id == APPROVAL.c.asker)
        .where(APPROVAL.c.expires > now)
    )


def _held(row: Row[tuple[object, ...]]) -> Held:
    return Held(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name for what is public
