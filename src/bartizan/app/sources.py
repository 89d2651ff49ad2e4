"""Where from: the pseudonyms of networks, and which of them stand for the same one.

Rules of this file: a worker makes pseudonyms by itself, so a network may have one in each; the first that was stored is
the one that everything is counted under.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Engine

from bartizan.access import register as people
from bartizan.identity.pseudonym import Minted

_MOST: Final = 65_536
"""Pseudonyms of networks of which is remembered which are the same."""


class Sources:
    """What the store knows of networks, with what was asked lately at hand."""

    def __init__(self, store: Engine) -> None:
        """Take the store, in which the register's tables are made before anything is asked."""
        self._store = store
        self._canonical: dict[str, str] = {}

    def canonical(self, source: str) -> str:
        """Return the pseudonym that an address prefix is best known by; workers have one each.

        Args:
            source: a pseudonym of a network; of none, none.
        """
        if not source:
            return ""
        found = self._canonical.get(source)
        if found is None:
            with self._store.begin() as connection:
                found = people.canonical(connection, source)
            if found is None:
                return source  # a worker named it just now
            if len(self._canonical) >= _MOST:
                self._canonical.clear()
            self._canonical[source] = found
        return found

    def keep(self, minted: Iterable[Minted]) -> None:
        """Remember whose address prefix a worker's new pseudonyms stand for."""
        with self._store.begin() as connection:
            people.keep_addresses(connection, minted)
