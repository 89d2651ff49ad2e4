"""Second-person approval: somebody asks for an act, somebody else with a role allows it, and it is done once.

Rules of this file: functions over one open transaction; the caller commits, and puts what happened on record. Nobody
answers a request of their own. An approval is for one act on one subject and is used up by it; all of it ends when it
expires. It is worth what whoever gave it is when it is used: of somebody who was revoked or erased, or no longer has the
role, it is nothing, and the act is asked for anew.
"""

import secrets
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.roles import Role
from bartizan.access.people.tables import APPROVAL, APPROVER
from bartizan.access.tables import PRINCIPAL
from bartizan.clock import DAY, Nanoseconds
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random

LIFE: Final = Nanoseconds(DAY)
"""How long a request, and what was approved, stands."""
RELEASE: Final = "release-request"
"""Act of letting a request go on that a guard holds."""
MOST: Final = 64
"""Requests of one person that stand."""


class Approval(msgspec.Struct, frozen=True):
    """A row of `tables.APPROVAL`."""

    id: str
    asker: str
    act: str
    subject: str
    role: str
    expires: Nanoseconds
    state: str


def ask(
    connection: Connection,
    asker: Principal,
    act: str,
    subject: str,
    role: str,
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
) -> Approval:
    """Return the request for an act; the same one where it was asked for already and not answered.

    Args:
        connection: to the store.
        asker: who wants to do it.
        act: a word from code.
        subject: pseudonym or configured name.
        role: that who approves must have.
        now: the instant.
        random: source of octets.
    Raises:
        SignInRefused: they have asked for too much.
    """
    connection.execute(delete(APPROVAL).where(APPROVAL.c.expires <= now))
    same = (
        APPROVAL.c.asker == asker.id,
        APPROVAL.c.act == act,
        APPROVAL.c.subject == subject,
        APPROVAL.c.role == role,
        APPROVAL.c.state == "open",
    )
    row = connection.execute(select(APPROVAL).where(*same)).first()
    if row is not None:
        return _approval(row)
    counted = select(func.count()).select_from(APPROVAL).where(APPROVAL.c.asker == asker.id)
    if connection.execute(counted).scalar_one() >= MOST:
        raise SignInRefused(Fault.APPROVAL_OVER)
    made = Approval(random(8).hex(), asker.id, act, subject, role, Nanoseconds(now + LIFE), "open")
    connection.execute(insert(APPROVAL).values(msgspec.structs.asdict(made)))
    return made


def waiting(connection: Connection, now: Nanoseconds) -> tuple[Approval, ...]:
    """Return the requests that nobody has answered, the oldest first."""
    rows = connection.execute(
        select(APPROVAL)
        .where(APPROVAL.c.state == "open", APPROVAL.c.expires > now)
        .order_by(APPROVAL.c.expires, APPROVAL.c.id)
    )
    return tuple(_approval(row) for row in rows)


def answer(
    connection: Connection, approval: str, by: Principal, now: Nanoseconds, *, approve: bool
) -> Approval:
    """Return a request that somebody else than who asked has answered.

    Raises:
        SignInRefused: there is none, it is their own, they lack the role, or it was answered or is too old.
    """
    found = _find(connection, approval)
    if found.asker == by.id:
        raise SignInRefused(Fault.APPROVAL_OWN)
    if not may_answer(found, by.roles):
        raise SignInRefused(Fault.APPROVAL_ROLE)
    if found.state != "open" or found.expires <= now:
        raise SignInRefused(Fault.APPROVAL_OVER)
    if approve:
        connection.execute(insert(APPROVER).values(approval=found.id, principal=by.id))
    return _become(connection, found, "approved" if approve else "denied")


def approved(
    connection: Connection, asker: Principal, act: str, subject: str, role: str, now: Nanoseconds
) -> str:
    """Return the id of what was approved of somebody's and is not used yet; empty where nothing was.

    Args:
        connection: to the store.
        asker, act, subject: as of `ask`.
        role: that the act wants of who approved it, and that they have still.
        now: the instant.
    """
    rows = connection.execute(
        select(APPROVAL).where(
            APPROVAL.c.asker == asker.id,
            APPROVAL.c.act == act,
            APPROVAL.c.subject == subject,
            APPROVAL.c.role == role,
            APPROVAL.c.state == "approved",
            APPROVAL.c.expires > now,
        )
    )
    found = map(_approval, rows.all())
    return next((each.id for each in found if _stands(connection, each)), "")


def use(
    connection: Connection, approval: str, asker: Principal, act: str, subject: str, now: Nanoseconds
) -> Approval:
    """Return an approval that is used up by the act that it was for.

    Raises:
        SignInRefused: there is none of theirs for this act on this subject, it is not approved, used or too old, or who
            approved it is gone or no longer has the role.
    """
    found = _find(connection, approval)
    if (found.asker, found.act, found.subject) != (asker.id, act, subject):
        raise SignInRefused(Fault.APPROVAL_UNKNOWN)
    if found.state != "approved" or found.expires <= now:
        raise SignInRefused(Fault.APPROVAL_OVER)
    if not _stands(connection, found):
        raise SignInRefused(Fault.APPROVAL_LAPSED)
    return _become(connection, found, "used")


def may_answer(found: Approval, roles: Collection[str]) -> bool:
    """Return whether somebody with these roles may answer a request: with its role, and an owner what a guard holds."""
    return found.role in roles or (found.act == RELEASE and Role.OWNER.value in roles)


def _stands(connection: Connection, found: Approval) -> bool:
    """Return whether who approved it could approve it now; their row goes with them."""
    row = connection.execute(
        select(PRINCIPAL.c.roles, PRINCIPAL.c.revoked)
        .join(APPROVER, APPROVER.c.principal == PRINCIPAL.c.id)
        .where(APPROVER.c.approval == found.id)
    ).first()
    return row is not None and not row.revoked and may_answer(found, row.roles.split())


def _find(connection: Connection, approval: str) -> Approval:
    row = connection.execute(select(APPROVAL).where(APPROVAL.c.id == approval)).first()
    if row is None:
        raise SignInRefused(Fault.APPROVAL_UNKNOWN)
    return _approval(row)


def _become(connection: Connection, found: Approval, state: str) -> Approval:
    connection.execute(update(APPROVAL).where(APPROVAL.c.id == found.id).values(state=state))
    return msgspec.structs.replace(found, state=state)


def _approval(row: Row[tuple[object, ...]]) -> Approval:
    return Approval(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name for what is public
