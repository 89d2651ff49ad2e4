"""Putting in force what the store and the signer hold: the state that every worker decides on.

Rules of this file: what takes away is committed, then in force, then on record, then answered. Where it cannot be put in
force, its entries wait for the next state, which has it too: nothing that was taken away stays off the record because
a worker was slow. Many that ask at once share a state. Nothing here knows HTTP.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bartizan.access import links, versions
from bartizan.access import register as people
from bartizan.access.describe import describe
from bartizan.app.control_ports import Ports
from bartizan.app.entry import Entry
from bartizan.app.joined import Joined
from bartizan.app.policy_schema import schema
from bartizan.clock import Nanoseconds
from bartizan.identity.state import PolicySource, State
from bartizan.ledger.event import Outcome

Changed = TypeVar("Changed")

MOST_OWED: Final = 65_536
"""Entries that wait for a state; beyond them the oldest are lost. Each is of a change that somebody was entitled to."""


class Publication:
    """The state in force, and how it becomes another one."""

    def __init__(self, ports: Ports, flagged: Callable[[], Mapping[str, Nanoseconds]]) -> None:
        """Take the ports; nothing is in force before the first `publish`.

        Args:
            ports: of the process.
            flagged: returns the pseudonyms of principals whose sign-ins were flagged, and when.
        """
        self._ports, self._flagged = ports, flagged
        self._joined = Joined(self._publish)
        self._owed: dict[bytes, Entry] = {}
        self.generation, self.state = 0, State((), (), PolicySource("", "", ""), {})
        self.policy_digest = ""

    async def publish(self, took_away: Sequence[Entry] = ()) -> int:
        """Return the generation in which what the store and the signer hold now is in force in every worker.

        Many that ask at once are answered by one: each change that was committed before is in it.

        Args:
            took_away: what is on record once it is in force, with this state or a later one.
        Raises:
            NotInForce, JournalUnwritable.
        """
        self.owe(took_away)
        return await self._joined.done()

    async def settle(self) -> None:
        """Put in force what was taken away and could not be put in force before, where there is any.

        Raises:
            NotInForce, JournalUnwritable.
        """
        if self._owed:
            await self.publish()

    async def take_away(
        self, change: Callable[[Connection], Changed], said: Callable[[Changed], Sequence[Entry]]
    ) -> tuple[Changed, int]:
        """Commit what takes something away; return its result, and the generation in which it is in force everywhere.

        Args:
            change: in a transaction of its own; more than once where the disk is full.
            said: its result -> what is on record once it is in force.
        Raises:
            NotInForce, JournalUnwritable; OperationalError: the store takes nothing, and there is no room to be made.
        """
        changed = self.commit(change)
        return changed, await self.publish(said(changed))

    def commit(self, change: Callable[[Connection], Changed]) -> Changed:
        """Commit what takes something away; where the disk is full, into the room that is kept for that.

        Raises:
            OperationalError: the store takes nothing, and there is no room to be made.
        """
        try:
            with self._ports.store.begin() as connection:
                return change(connection)
        except OperationalError:
            if not self._ports.room():
                raise
        with self._ports.store.begin() as connection:
            return change(connection)

    def owe(self, entries: Sequence[Entry]) -> None:
        """Have entries of what is committed on record once that is in force; the same ones once, however often it is tried."""
        self._owed |= {msgspec.json.encode(entry, order="deterministic"): entry for entry in entries}
        while len(self._owed) > MOST_OWED:
            del self._owed[next(iter(self._owed))]

    async def _publish(self) -> int:
        owed, self._owed = self._owed, {}  # what is owed from here on may not be in this state
        try:
            return await self._put(owed)
        except BaseException:
            self._owed = owed | self._owed
            raise

    async def _put(self, owed: Mapping[bytes, Entry]) -> int:
        now = self._ports.clock.now()
        with self._ports.store.begin() as connection:
            everybody = people.people(connection)
            revoked = people.revoked_tokens(connection, now)
            version = versions.newest(connection)
            external = self._ports.external(connection, now)
            fleet = self._ports.fleet(connection)
        text = "\n".join(version.files.values()) if version else ""
        policy = describe(everybody, self._ports.services, text, schema(), suspects=self._flagged())
        issuers = (self._ports.signer.trusted, *external.issuers)
        state = State(
            issuers, everybody, policy, revoked, external.links, external.ended, fleet, self._ports.evidence()
        )
        self.state = state
        self.generation = await self._ports.publish(state)
        self.policy_digest = policy.digest
        self._tidy(now)
        if version is not None:
            self._ports.tell_policy(version)
        detail: dict[str, int | str] = {"generation": self.generation, "policy": policy.digest}
        entry = Entry("platform.state.published", "platform", "", Outcome.DONE, detail=detail)
        self._ports.record([entry, *owed.values()])
        return self.generation

    def _tidy(self, now: Nanoseconds) -> None:
        """Forget what counts no longer; where the disk is full, at another time."""
        with contextlib.suppress(OperationalError), self._ports.store.begin() as connection:
            people.forget_expired(connection, now)
            links.forget_ended(connection, now)
