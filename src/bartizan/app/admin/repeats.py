"""What was answered to a request with an idempotency key, so that sending it again does nothing again.

Rules of this file: a key is one caller's on one route; who acts for somebody is another caller than they are. It is taken before anything is done, in a transaction of its own,
and answered after; what was neither answered nor refused, because the process ended or nobody knows whether it is in
force, is never done again under the same key. What is shown once is not kept: the caller of this file leaves it
out. Of a key, its digest is kept.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from bartizan.clock import DAY, Clock, Nanoseconds

KEPT: Final = Nanoseconds(DAY)
"""How long an answer is kept."""
MOST: Final = 256
"""Keys of one caller; beyond them the oldest that was answered gives way."""
LONGEST: Final = 256 * 1024
"""Octets of an answer that is kept; a longer one is told of as gone."""
_UNKNOWN, _GONE = 0, -1
METADATA: Final = MetaData()
REPEAT: Final = Table(
    "admin_repeat",
    METADATA,
    Column("key", LargeBinary, primary_key=True, comment="SHA-256 of caller, route and key"),
    Column(
        "caller", Text, nullable=False, index=True, comment="pseudonym, and of who acts for them; or owner"
    ),
    Column("request", LargeBinary, nullable=False, comment="SHA-256 of target, precondition and body"),
    Column("begun", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("status", Integer, nullable=False, comment="of the answer; 0: not known, -1: not kept"),
    Column("answer", LargeBinary, nullable=False, comment="JSON, without what is shown once"),
)


class KeyReused(ValueError):
    """The key came with another request before."""

    reason = "idempotency-key-reused"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "this Idempotency-Key came with another request; take a new key for each thing to do"
        )


class KeyUndecided(Exception):
    """The same request is under way, or nobody knows how it ended."""

    reason = "idempotency-key-undecided"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "a request with this Idempotency-Key is under way, or was interrupted; look whether it was done before "
            "you take a new key"
        )


class AnswerGone(Exception):
    """It was done, and its answer is not kept."""

    reason = "idempotency-answer-gone"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "what this Idempotency-Key asked for was done, and its answer is not kept; look at what is there"
        )


class KeysFull(Exception):
    """A caller has as many requests without an answer as are remembered."""

    reason = "idempotency-keys-full"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(f"{MOST} of your requests have no answer yet; look at `bartizan status`")


class Kept(msgspec.Struct, frozen=True):
    """An answer that was kept."""

    status: int
    answer: bytes


class Asked(msgspec.Struct, frozen=True):
    """A request with a key.

    Attributes:
        caller: by whose hand (`Caller.hand`).
        key: digest.
        request: digest of all that it asks for.
    """

    caller: str
    key: bytes
    request: bytes


def asked(caller: str, route: str, key: str, *parts: bytes) -> Asked:
    """Return a request with a key.

    Args:
        caller: by whose hand (`Caller.hand`).
        route: name of it.
        key: as it was sent.
        parts: of all that it asks for.
    """
    return Asked(caller, _digest(caller.encode(), route.encode(), key.encode()), _digest(*parts))


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


class Repeats:
    """The keys of one platform."""

    def __init__(self, store: Engine, clock: Clock) -> None:
        """Make the table where it is missing."""
        self._store, self._clock = store, clock
        METADATA.create_all(store)

    def take(self, one: Asked) -> Kept | None:
        """Take a key; return what was answered where it was taken before, None where the request is to be done now.

        Raises:
            KeyReused, KeyUndecided, AnswerGone, KeysFull.
        """
        now = self._clock.now()
        with self._store.begin() as connection:
            connection.execute(delete(REPEAT).where(REPEAT.c.begun <= now - KEPT))
            row = connection.execute(select(REPEAT).where(REPEAT.c.key == one.key)).mappings().first()
            if row is not None:
                return _kept(row, one)
            _make_room(connection, one.caller)
            new = {"key": one.key, "caller": one.caller, "request": one.request, "begun": now}
            connection.execute(insert(REPEAT).values(new | {"status": _UNKNOWN, "answer": b""}))
        return None

    def keep(self, one: Asked, status: int, answer: bytes) -> None:
        """Keep the answer to a request that was done."""
        short = len(answer) <= LONGEST
        self._become(one, status if short else _GONE, answer if short else b"")

    def release(self, one: Asked) -> None:
        """Forget a key whose request was refused: nothing was done."""
        with self._store.begin() as connection:
            connection.execute(delete(REPEAT).where(REPEAT.c.key == one.key))

    def forget(self, text: str) -> None:
        """Keep no answer any more that holds a text, such as the id of somebody who is erased."""
        holds = func.instr(REPEAT.c.answer, text.encode()) > 0
        with self._store.begin() as connection:
            connection.execute(update(REPEAT).where(holds).values(status=_GONE, answer=b""))

    def _become(self, one: Asked, status: int, answer: bytes) -> None:
        with self._store.begin() as connection:
            connection.execute(
                update(REPEAT).where(REPEAT.c.key == one.key).values(status=status, answer=answer)
            )


def _kept(row: RowMapping, one: Asked) -> Kept:
    if row["request"] != one.request:
        raise KeyReused
    if row["status"] == _UNKNOWN:
        raise KeyUndecided
    if row["status"] == _GONE:
        raise AnswerGone
    return msgspec.convert({"status": row["status"], "answer": row["answer"]}, Kept)


def _make_room(connection: Connection, caller: str) -> None:
    own = REPEAT.c.caller == caller
    many = connection.execute(select(func.count()).select_from(REPEAT).where(own)).scalar_one()
    if many < MOST:
        return
    oldest = (
        select(REPEAT.c.key).where(own, REPEAT.c.status != _UNKNOWN).order_by(REPEAT.c.begun).limit(1)
    ).scalar_subquery()
    if connection.execute(delete(REPEAT).where(REPEAT.c.key == oldest)).rowcount == 0:
        raise KeysFull
