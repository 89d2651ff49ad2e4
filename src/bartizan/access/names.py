"""Names that were somebody's who was erased: policies may still mean them, so nobody else gets one unasked.

Rules of this file: functions over one open transaction; the caller commits. What is kept of a name is its MAC under a key
that is not in the store: from the store alone nobody learns, or can try out, who was erased. Names of a form that nobody
chooses (`register.KEPT`) are not remembered: they are digests or random, and nobody else ever gets the same.
"""

import hmac
import secrets
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from bartizan.access.errors import NameErased
from bartizan.access.register import KEPT
from bartizan.access.tables import ERASED_NAME
from bartizan.crypto.secret import Secret

KEY_OCTETS: Final = 32


def new_key() -> Secret:
    """Return a new key, as text."""
    return Secret(secrets.token_urlsafe(KEY_OCTETS).encode())


class Names:
    """Remembers names, and gives them back on purpose alone.

    Args:
        key: of their MACs.
    """

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        """Take the key."""
        self._key = key

    def bury(self, connection: Connection, principal: str) -> None:
        """Remember the name of somebody who is erased, by their id."""
        _, _, name = principal.partition(".")
        if not any(form.fullmatch(name) for form in KEPT):
            self._forget(connection, principal)
            connection.execute(insert(ERASED_NAME).values(mac=self._mac(principal)))

    def claim(self, connection: Connection, principal: str, *, reuse: bool) -> None:
        """Let a new principal have its name.

        Args:
            connection: of the transaction in which it is registered.
            principal: its id.
            reuse: whether an owner says that it may be one of somebody who was erased.
        Raises:
            NameErased: it is, and nobody says so.
        """
        if reuse:
            self._forget(connection, principal)
            return
        there = select(ERASED_NAME.c.mac).where(ERASED_NAME.c.mac == self._mac(principal))
        if connection.execute(there).first() is not None:
            raise NameErased(principal)

    def _forget(self, connection: Connection, principal: str) -> None:
        connection.execute(delete(ERASED_NAME).where(ERASED_NAME.c.mac == self._mac(principal)))

    def _mac(self, principal: str) -> bytes:
        return hmac.digest(self._key.reveal(), b"erased name " + principal.encode(), "sha256")


def unshared() -> Names:
    """Return names that are remembered for as long as this process lives."""
    return Names(new_key())
