"""Changing the key that tokens are signed with, without a gap.

Rules of this file: a key is published, in every worker and at the public address, before it signs, for as long as
anybody may remember the keys that were there; the one before is verified until its last token has expired, and its
private half is gone when the other takes its place. Every step is in the store before it is felt, so a process that
dies between two of them goes on where it was.
Source: OpenID Connect Core section 10.1.1; NIST SP 800-57 part 1, section 5.3.
"""

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from bartizan.access.errors import RotationUnderWay
from bartizan.access.issue.mint import LIFETIME_S, Signer, new_key
from bartizan.access.tables import ISSUER_KEY
from bartizan.app.entry import Entry
from bartizan.clock import SECOND, Clock, Nanoseconds
from bartizan.crypto.keyring import KeyUnreadable, load, load_or_create
from bartizan.identity.compact import octets_of
from bartizan.ledger.event import Outcome

LEAD_S: Final = 300
"""How long a key is published before it signs, seconds: as long as others may keep the published ones."""
LINGER_S: Final = LIFETIME_S + 60
"""How long a key is verified after it signed last, seconds."""
SIGNS: Final = "token.pem"
NEXT: Final = "token-next.pem"


class Ports(msgspec.Struct, frozen=True):
    """What a rotation needs from its process.

    Attributes:
        store: opened, with the room's tables.
        keys: folder of the key files.
        signer: whose key is changed.
        clock: tells the time.
        publish: puts the signer's keys in force in every worker. Raises NotInForce, JournalUnwritable.
        record: writes entries to the journal. Raises JournalUnwritable.
    """

    store: Engine
    keys: Path
    signer: Signer
    clock: Clock
    publish: Callable[[], Awaitable[int]]
    record: Callable[[list[Entry]], object]


class Step(msgspec.Struct, frozen=True):
    """How far a rotation is.

    Attributes:
        kid: of the new key.
        seconds: until it signs; 0 where it does.
    """

    kid: str
    seconds: int


class Standing(msgspec.Struct, frozen=True):
    """Ids of the key that signs, and of the one that is yet to, from `at`; empty and 0 where none is."""

    signs: str
    next: str
    at: Nanoseconds


class Rotation:
    """The keys of the embedded issuer over time."""

    __slots__ = ("_due", "_ports")

    def __init__(self, ports: Ports) -> None:
        """Take up where the process before was: the signer signs with the right key, and knows those beside it."""
        self._ports = ports
        self._due: Nanoseconds | None = None
        with ports.store.begin() as connection:
            self._mend(connection)
            self._learn(connection)

    def standing(self) -> Standing:
        """Return which key signs, and which is to."""
        with self._ports.store.begin() as connection:
            waiting = self._waiting(connection) or _Row("", Nanoseconds(0))
        return Standing(self._ports.signer.kid, waiting.kid, waiting.at)

    async def rotate(self, *, at_once: bool = False, actor: str = "owner") -> Step:
        """Publish a new key, which signs after `LEAD_S`.

        Args:
            at_once: whether it signs now and the one before is no longer taken: for one that was stolen.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            RotationUnderWay: one is published that does not sign yet, unless it is to sign now.
            KeyExposed, KeyUnreadable: the folder of keys cannot be used.
            NotInForce, JournalUnwritable: then it is finished later, or by the next process.
        """
        now = self._ports.clock.now()
        with self._ports.store.begin() as connection:
            waiting = self._waiting(connection)
            if waiting is not None and not at_once:
                raise RotationUnderWay(max(1, (waiting.at - now) // SECOND))
            kid = self._announce(connection, now) if waiting is None else waiting.kid
        if at_once:
            return await self._replace(kid, actor)
        self._record("access.key.published", kid, actor, {"seconds": LEAD_S})
        await self._put_in_force()
        return Step(kid, LEAD_S)

    async def tick(self) -> None:
        """Do what is due: let a key sign, forget one whose tokens are gone. Raises as `rotate`."""
        now = self._ports.clock.now()
        if self._due is None or now < self._due:
            return
        with self._ports.store.begin() as connection:
            waiting = self._waiting(connection)
            turned = waiting.kid if waiting is not None and waiting.at <= now else ""
            if turned:
                self._retire(connection, turned, Nanoseconds(now + LINGER_S * SECOND))
            over = ISSUER_KEY.c.signs.is_(False) & (ISSUER_KEY.c.at <= now)
            gone = [row.kid for row in connection.execute(select(ISSUER_KEY.c.kid).where(over))]
            connection.execute(delete(ISSUER_KEY).where(over))
        if turned:
            self._turn()
            self._record("access.key.signing", turned)
        await self._put_in_force()
        for kid in gone:
            self._record("access.key.retired", kid)

    async def _replace(self, kid: str, actor: str) -> Step:
        before = self._ports.signer.kid
        with self._ports.store.begin() as connection:
            connection.execute(delete(ISSUER_KEY))
            self._retire(connection, kid, self._ports.clock.now())
        self._turn()
        self._record("access.key.signing", kid, actor)
        with self._ports.store.begin() as connection:
            connection.execute(delete(ISSUER_KEY))
        await self._put_in_force()
        self._record("access.key.retired", before, actor)
        return Step(kid, 0)

    def _announce(self, connection: Connection, now: Nanoseconds) -> str:
        """Make a key and say when it signs; a file that a process left before it said so gives way."""
        (self._ports.keys / NEXT).unlink(missing_ok=True)
        key = Signer(self._ports.signer.url, load_or_create(self._ports.keys / NEXT, new_key))
        _keep(connection, key.public, Nanoseconds(now + LEAD_S * SECOND), signs=True)
        return key.kid

    def _retire(self, connection: Connection, by: str, until: Nanoseconds) -> None:
        """Write down that the key that signs does so no longer: whatever comes now, the next one takes its place."""
        connection.execute(delete(ISSUER_KEY).where(ISSUER_KEY.c.kid == by))
        _keep(connection, self._ports.signer.public, until, signs=False)

    def _turn(self) -> None:
        (self._ports.keys / NEXT).rename(self._ports.keys / SIGNS)
        self._ports.signer.take(load(self._ports.keys / SIGNS))

    def _mend(self, connection: Connection) -> None:
        """Finish what a process that died had written down."""
        kid = self._ports.signer.kid
        retired = select(ISSUER_KEY.c.kid).where(ISSUER_KEY.c.kid == kid, ISSUER_KEY.c.signs.is_(False))
        there = (self._ports.keys / NEXT).exists()
        if there and connection.execute(retired).first() is not None:
            self._turn()
        waiting = self._waiting(connection)
        if waiting is None:
            return
        with contextlib.suppress(FileNotFoundError, KeyUnreadable):
            if Signer(self._ports.signer.url, load(self._ports.keys / NEXT)).kid == waiting.kid:
                return
        connection.execute(delete(ISSUER_KEY).where(ISSUER_KEY.c.kid == waiting.kid))

    def _learn(self, connection: Connection) -> None:
        rows = [row for row in connection.execute(select(ISSUER_KEY)) if row.kid != self._ports.signer.kid]
        self._ports.signer.beside = tuple(msgspec.json.decode(row.jwk, type=dict[str, str]) for row in rows)
        self._due = min((Nanoseconds(row.at) for row in rows), default=None)

    async def _put_in_force(self) -> None:
        with self._ports.store.begin() as connection:
            self._learn(connection)
        await self._ports.publish()

    @staticmethod
    def _waiting(connection: Connection) -> "_Row | None":
        row = connection.execute(
            select(ISSUER_KEY.c.kid, ISSUER_KEY.c.at).where(ISSUER_KEY.c.signs.is_(True))
        ).first()
        return None if row is None else _Row(row.kid, Nanoseconds(row.at))

    def _record(
        self, kind: str, kid: str, actor: str = "platform", detail: dict[str, int | str] | None = None
    ) -> None:
        said: dict[str, int | str] = {"key": octets_of(kid.encode(), "kid").hex(), **(detail or {})}
        self._ports.record([Entry(kind, actor, "", Outcome.DONE, detail=said)])


class _Row(msgspec.Struct, frozen=True):
    """A key that is yet to sign, and when."""

    kid: str
    at: Nanoseconds


def _keep(connection: Connection, key: dict[str, str], at: Nanoseconds, *, signs: bool) -> None:
    row = {"kid": key["kid"], "jwk": msgspec.json.encode(key).decode(), "signs": signs, "at": at}
    connection.execute(insert(ISSUER_KEY).values(row))
