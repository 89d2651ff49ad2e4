"""Devices while the platform runs: keys ask, the owner or an authority admits them, and what is claimed of each is kept.

Rules of this file: who asks is a stranger: each costs a verified signature and a row among few, and is on record as a count.
A device is registered, on record and in force before anybody is told so. What is claimed is in force within a second, many
claims at once. Nothing here knows HTTP.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from bartizan.access import devices as store
from bartizan.access import register as people
from bartizan.access.errors import AccessRefused
from bartizan.access.issue.client_key import give_keys, read_keys
from bartizan.access.names import Names, unshared
from bartizan.app.control_ports import NOT_DONE
from bartizan.app.entry import Entry, registered
from bartizan.clock import MINUTE, Clock, Nanoseconds
from bartizan.identity.device import CLAIMS, GOOD_FOR, ITSELF, OWNER, Authority, Device, Fleet
from bartizan.identity.principal import Kind, NotAPrincipal, Principal
from bartizan.identity.statement import Stated, StatementRefused, enrolment, posture
from bartizan.ledger.event import Outcome

APART: Final = Nanoseconds(MINUTE)
"""How much later each claim of one signer about one device must be signed."""
_SETTLED_S: Final = 1.0


class Ports(msgspec.Struct, frozen=True):
    """What this needs of control.

    Attributes:
        store: opened.
        clock: tells the time.
        url: of this platform, which statements are for.
        record: writes entries to the journal, in order. Raises JournalUnwritable.
        names: of those who were erased.
        put_in_force: puts what the store holds in force; returns its generation. Raises NotInForce, JournalUnwritable.
    """

    store: Engine
    clock: Clock
    url: str
    record: Callable[[Sequence[Entry]], tuple[int, int]]
    put_in_force: Callable[[], Awaitable[int]]
    names: Names = msgspec.field(default_factory=unshared)


class Devices:
    """Keeps them.

    Args:
        ports: of control.
        authorities: who speaks of devices besides these.
        good_for, healthy: as of `identity.device.Fleet`.
    """

    def __init__(
        self,
        ports: Ports,
        authorities: Iterable[Authority] = (),
        good_for: Nanoseconds = GOOD_FOR,
        healthy: tuple[str, ...] = (),
    ) -> None:
        """Change nothing before `begin`."""
        self._ports, self._good_for, self._healthy = ports, good_for, healthy
        self._authorities = {each.name: each for each in authorities}
        self._asked, self._refused = 0, Counter[str]()
        self._stale = False

    def begin(self) -> None:
        """Forget what authorities said that are not configured any more."""
        people.prepare(self._ports.store)
        with self._ports.store.begin() as connection:
            store.forget_signers(connection, (ITSELF, *self._authorities))

    def fleet(self, connection: Connection) -> Fleet:
        """Return what workers are to know."""
        return Fleet(store.devices(connection), self._good_for, self._healthy)

    # ---- what devices and authorities say ------------------------------------------------------------------
    def ask(self, text: str, source: str) -> tuple[str, bool]:
        """Have a key ask to be admitted; return its thumbprint, and whether it was before.

        Args:
            text: its statement.
            source: pseudonym of the network that it came from, or empty.
        Raises:
            StatementRefused: it is none; counted for the record.
        """
        now = self._ports.clock.now()
        with self._counted():
            asked = enrolment(text, self._ports.url, now)
            with self._ports.store.begin() as connection:
                admitted = store.ask(connection, asked, source, now)
        self._asked += 1
        return asked.key, admitted

    async def tell(self, text: str) -> str:
        """Take what is claimed of a device; return the name of whoever signed it.

        Raises:
            StatementRefused: it is not taken; counted for the record.
            NotInForce, JournalUnwritable: of a device that this admits.
        """
        with self._counted():
            stated = posture(text, self._ports.url, self._authorities, self._ports.clock.now())
            if stated.admit and self._asks(stated.key):
                await self._admit_for(stated)
            self._keep(stated)
        return stated.by

    def _keep(self, stated: Stated) -> None:
        with self._ports.store.begin() as connection:
            device = store.device_of(connection, stated.key)
            if device.revoked:
                raise StatementRefused("device-revoked")
            if not store.tell(connection, device.id, stated, APART):
                raise StatementRefused("statement-too-soon")
            self._ports.record([_told(device, stated)])
        self._stale = True

    def _asks(self, key: str) -> bool:
        with self._ports.store.begin() as connection:
            return any(each.key == key for each in store.asking(connection, self._ports.clock.now()))

    async def _admit_for(self, stated: Stated) -> None:
        await self.admit(
            stated.key, holder=stated.holder, hardware=stated.hardware, by=stated.by, actor="platform"
        )

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        """Count what is refused inside, and tell it as one kind of refusal."""
        try:
            yield
        except StatementRefused as fault:
            self._refused[fault.reason] += 1
            raise
        except (AccessRefused, NotAPrincipal) as fault:
            reason = getattr(fault, "reason", "principal-malformed")
            self._refused[reason] += 1
            raise StatementRefused(reason) from fault

    # ---- what the owner says -------------------------------------------------------------------------------
    def asking(self) -> tuple[store.Asking, ...]:
        """Return the keys that ask."""
        with self._ports.store.begin() as connection:
            return store.asking(connection, self._ports.clock.now())

    def all(self) -> tuple[tuple[Device, Principal], ...]:
        """Return every device with its principal, the revoked included."""
        with self._ports.store.begin() as connection:
            return tuple((each, people.get(connection, each.id)) for each in store.devices(connection))

    async def admit(
        self,
        key: str,
        name: str = "",
        holder: str = "",
        *,
        hardware: bool = False,
        reuse: bool = False,
        by: str = OWNER,
        actor: str = OWNER,
    ) -> Principal:
        """Register a device with a key that asks; return its principal once that is in force in every worker.

        Args:
            key: thumbprint.
            name: of the device; empty for the one that it asks to have.
            holder: id of whose tokens may be bound to the key; empty for everybody's.
            hardware: whether whoever admits it vouches that the key cannot leave the machine.
            reuse: whether the name may be one of a device that was erased.
            by: who does: an authority, or the actor.
            actor: whose doing it is: `owner`, a pseudonym, or `platform` for an authority.
        Raises:
            DeviceUnknown, DeviceKeyTaken, PrincipalUnknown, PrincipalExists, NameErased, NotAPrincipal, NotInForce, JournalUnwritable.
        """
        now = self._ports.clock.now()
        with self._ports.store.begin() as connection:
            asked = store.wanted(connection, key, now)
            device = people.register(connection, Kind.DEVICE, name or asked.name, (), now)
            self._ports.names.claim(connection, device.id, reuse=reuse)
            store.admit(connection, device, asked, holder, now, hardware=hardware)
            give_keys(connection, device, read_keys(asked.public.encode()))
            detail: dict[str, int | str] = {
                "by": by,
                "key": "hardware" if hardware else "unknown",
                "holder": "one" if holder else "all",
            }
            admitted = Entry("access.device.admitted", actor, device.pseudonym, Outcome.DONE, detail=detail)
            self._ports.record([*registered(device, actor), admitted])
        await self._ports.put_in_force()
        return device

    def refuse(self, key: str, actor: str = OWNER) -> bool:
        """Forget that a key asks; return whether it did.

        Args:
            key: thumbprint.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            asked = store.refuse(connection, key)
            if asked:
                detail: dict[str, int | str] = {"reason": "not-admitted", "count": 1}
                self._ports.record([Entry("access.device.refused", actor, "", Outcome.DENIED, detail=detail)])
        return asked

    def holder(self, principal: str) -> Principal:
        """Return whose tokens alone are to be bound to a key.

        Raises:
            PrincipalUnknown.
        """
        with self._ports.store.begin() as connection:
            return people.get(connection, principal)

    # ---- meanwhile -----------------------------------------------------------------------------------------
    def record_refusals(self) -> None:
        """Record who asked and what was refused since the last call: one event a kind, so a flood fills no disk."""
        asked, self._asked = self._asked, 0
        refused, self._refused = self._refused, Counter()
        entries = (
            [Entry("access.device.asked", "anonymous", "", Outcome.FOUND, detail={"count": asked})]
            if asked
            else []
        )
        for reason, count in sorted(refused.items()):
            detail: dict[str, int | str] = {"reason": reason, "count": count}
            entries.append(Entry("access.device.refused", "anonymous", "", Outcome.DENIED, detail=detail))
        if entries:
            self._ports.record(entries)

    async def settle(self) -> None:
        """Put in force what was claimed since the last call.

        Raises:
            NotInForce, JournalUnwritable.
        """
        if not self._stale:
            return
        self._stale = False
        try:
            await self._ports.put_in_force()
        except NOT_DONE:
            self._stale = True
            raise

    async def keep(self) -> None:
        """Settle each second; for ever."""
        while True:
            await asyncio.sleep(_SETTLED_S)
            with contextlib.suppress(*NOT_DONE):
                await self.settle()


def _told(device: Principal, stated: Stated) -> Entry:
    words = {name: "so" if name in stated.holds else "unknown" for name in CLAIMS}
    detail: dict[str, int | str] = {"by": stated.by}
    detail |= {
        name.partition("_")[0] if name != "secure_boot" else "boot": word for name, word in words.items()
    }
    return Entry("access.device.told", device.pseudonym, device.pseudonym, Outcome.DONE, detail=detail)
