"""Client secrets: 256 random bits, shown once, kept as a digest.

Rules of this file: SHA-256 without salt or stretching is right for these secrets only, because nobody can
guess 256 random bits; passwords never come here. An unknown client, a revoked one and a wrong secret take
the same path and get the same answer.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from bartizan.access.register import get
from bartizan.access.tables import CLIENT, PRINCIPAL
from bartizan.crypto.secret import Secret
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random

PREFIX: Final = "bartizan_"
"""What every client secret begins with, so that scanners of leaked secrets know one."""
_OCTETS: Final = 32
_NOBODY: Final = hashlib.sha256(b"").digest()


class CredentialsWrong(Exception):
    """No client of that id with that secret; which of both, nobody is told.

    Attributes:
        pseudonym: of whose client it is, for the record; empty where there is none.
    """

    def __init__(self, pseudonym: str = "") -> None:
        """Say no more."""
        super().__init__("the client is unknown or its credential is wrong")
        self.pseudonym = pseudonym


def give_secret(connection: Connection, principal: Principal, random: Random = secrets.token_bytes) -> Secret:
    """Return a new secret of a principal's client, to be shown once; an earlier one no longer works."""
    secret = PREFIX + base64.urlsafe_b64encode(random(_OCTETS)).rstrip(b"=").decode()
    connection.execute(delete(CLIENT).where(CLIENT.c.id == principal.client))
    connection.execute(insert(CLIENT).values(id=principal.client, secret_hash=_digest(secret)))
    return Secret(secret.encode())


def check(connection: Connection, client: str, secret: str) -> Principal:
    """Return whose client this is, if it knows the secret and is not revoked.

    Raises:
        CredentialsWrong: otherwise.
    """
    row = connection.execute(
        select(CLIENT.c.secret_hash, PRINCIPAL.c.id, PRINCIPAL.c.revoked, PRINCIPAL.c.pseudonym)
        .select_from(PRINCIPAL)
        .outerjoin(CLIENT, PRINCIPAL.c.client == CLIENT.c.id)
        .where(PRINCIPAL.c.client == client)
    ).first()
    kept = None if row is None else row.secret_hash
    matches = _matches(secret, _NOBODY if kept is None else kept)
    if row is None or kept is None or row.revoked or not matches:
        raise CredentialsWrong("" if row is None else row.pseudonym)
    return get(connection, row.id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _matches(secret: str, kept: bytes) -> bool:
    return hmac.compare_digest(_digest(secret), kept)
