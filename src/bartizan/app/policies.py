"""Policies while the platform runs: another set is put in force, an earlier one comes back, and each is a version.

Rules of this file: what does not parse, does not fit the schema or is too large is refused, and what was in force stays.
A version is recorded and committed before it is in force, and answered once every worker decides on it. The text
comes with the question: this process opens no file. Nothing here knows HTTP.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from bartizan.access import versions
from bartizan.access.errors import PolicyVersionUnknown
from bartizan.access.versions import Version, digest_of
from bartizan.app.entry import Entry
from bartizan.app.policy_schema import schema
from bartizan.clock import Clock
from bartizan.ledger.event import Outcome
from bartizan.policy.engine import join
from bartizan.policy.errors import PolicyInvalid

MOST_FILES: Final = 64
"""Files of one set of policies."""
LONGEST_NAME: Final = 200
"""Characters of a file's name."""


class Ports(msgspec.Struct, frozen=True):
    """What this work needs of its process.

    Attributes:
        store: opened, with the room's tables.
        clock: tells the time.
        record: writes entries to the journal, in order. Raises JournalUnwritable.
        commit: carries a change out in a transaction of its own, into the room that is kept for that where the disk is
            full; more than once then.
        publish: puts what the store holds in force; returns its generation. Raises NotInForce.
    """

    store: Engine
    clock: Clock
    record: Callable[[Sequence[Entry]], tuple[int, int]]
    commit: Callable[[Callable[[Connection], Version]], Version]
    publish: Callable[[], Awaitable[int]]


class Policies:
    """The versions of one platform's policies."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports."""
        self._ports = ports

    def in_force(self) -> Version:
        """Return the newest version."""
        with self._ports.store.begin() as connection:
            newest = versions.newest(connection)
        if newest is None:  # `Registrar.begin` makes the first
            raise PolicyVersionUnknown
        return newest

    def all(self) -> tuple[Version, ...]:
        """Return the versions that are kept, the oldest first."""
        with self._ports.store.begin() as connection:
            return versions.all_of(connection)

    def get(self, number: int) -> Version:
        """Return a version.

        Raises:
            PolicyVersionUnknown.
        """
        with self._ports.store.begin() as connection:
            return versions.get(connection, number)

    async def apply(
        self, files: Mapping[str, str], *, configured: bool, actor: str = "owner"
    ) -> tuple[Version, int]:
        """Put policies in force; return their version, and the generation that every worker decides on.

        Args:
            files: Cedar text by name of its file; none at all brings the built-in policies back.
            configured: whether these are the files that the configuration leads to.
            actor: whose doing it is, in the record.
        Raises:
            PolicyInvalid: they cannot be decided with; nothing has changed then, but that this is on record.
            NotInForce, JournalUnwritable.
        """
        try:
            check(files)
        except PolicyInvalid:
            detail: dict[str, int | str] = {"digest": digest_of(files), "files": len(files)}
            self._ports.record([Entry("access.policy.refused", actor, "", Outcome.DENIED, detail=detail)])
            raise
        known = digest_of(files) if configured else ""
        return await self._change(
            lambda connection: versions.add(
                connection, files, "applied", self._ports.clock.now(), configured=known
            ),
            actor,
        )

    async def roll_back(self, number: int, actor: str = "owner") -> tuple[Version, int]:
        """Put an earlier version in force again, as a new one; return as `apply` does.

        Args:
            number: of a version that is kept.
            actor: whose doing it is, in the record.
        Raises:
            PolicyVersionUnknown, NotInForce, JournalUnwritable.
            PolicyInvalid: it no longer fits the schema of this version of Bartizan.
        """
        before = self.get(number)
        check(before.files)
        return await self._change(
            lambda connection: versions.add(
                connection, before.files, "rolled-back", self._ports.clock.now(), repeats=number
            ),
            actor,
        )

    async def _change(self, change: Callable[[Connection], Version], actor: str) -> tuple[Version, int]:
        def recorded(connection: Connection) -> Version:
            made = change(connection)
            self._ports.record([entry(made, actor)])
            return made

        made = self._ports.commit(recorded)
        return made, await self._ports.publish()


def check(files: Mapping[str, str]) -> str:
    """Return policies as one text; empty for the built-in ones.

    Raises:
        PolicyInvalid: too many, too long, or not to be decided with; names file and line.
    """
    if len(files) > MOST_FILES:
        raise PolicyInvalid("policies", 0, f"are more than {MOST_FILES} files; join some")
    for name in files:
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise PolicyInvalid(
                "policies", 0, f"a file's name is empty, over {LONGEST_NAME} characters, or does not print"
            )
    return join(files, schema())


def check_stored(version: Version) -> None:
    """Look at a version out of the store once more: the schema may be another Bartizan's.

    Raises:
        PolicyInvalid: it cannot be decided with; says how to get out of it.
    """
    try:
        check(version.files)
    except PolicyInvalid as fault:
        what = f"{fault.what} (version {version.number}, {version.source}); put right files where `policy.path` leads, which win"
        raise PolicyInvalid(fault.file, fault.line, what) from fault


def entry(made: Version, actor: str) -> Entry:
    """Return what the record says of a version that is put in force."""
    detail: dict[str, int | str] = {
        "version": made.number,
        "source": made.source,
        "digest": made.digest,
        "files": len(made.files),
    }
    if made.repeats:
        detail["repeats"] = made.repeats
    return Entry("access.policy.applied", actor, "", Outcome.DONE, detail=detail)
