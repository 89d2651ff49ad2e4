"""What signs somebody in once: the link of the owner's command, and recovery codes.

Rules of this file: functions over one open transaction; the caller commits. Each is random, kept as a digest, and gone
once it is used, whatever comes of it. An unknown one and a used one get the same answer.
"""

import base64
import hashlib
import secrets
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.tables import LINK, RECOVERY
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.pseudonym import Random

LINK_LIFE: Final = Nanoseconds(60 * SECOND)
CODES: Final = 10
"""Recovery codes that a person gets at once."""
_OCTETS: Final = 32
_LETTERS: Final = 20
"""Of base32, 5 bits each: more than anybody guesses."""


def give_link(
    connection: Connection, principal: str, now: Nanoseconds, random: Random = secrets.token_bytes
) -> Secret:
    """Return the token of a new link for a person; their earlier ones no longer work."""
    token = base64.urlsafe_b64encode(random(_OCTETS)).rstrip(b"=")
    connection.execute(delete(LINK).where((LINK.c.expires <= now) | (LINK.c.principal == principal)))
    connection.execute(
        insert(LINK).values(digest=_digest(token), principal=principal, expires=now + LINK_LIFE)
    )
    return Secret(token)


def take_link(connection: Connection, token: str, now: Nanoseconds) -> str:
    """Return whom a link signs in, this once.

    Raises:
        SignInRefused: nobody: it is unknown, used or too old.
    """
    mine = LINK.c.digest == _digest(token.encode())
    row = connection.execute(select(LINK.c.principal, LINK.c.expires).where(mine)).first()
    connection.execute(delete(LINK).where(mine))
    if row is None or row.expires <= now:
        raise SignInRefused(Fault.LINK_UNUSABLE)
    return str(row.principal)


def give_codes(
    connection: Connection, principal: str, worth: str, random: Random = secrets.token_bytes
) -> tuple[Secret, ...]:
    """Return a person's new recovery codes, to be shown once; earlier ones no longer work.

    Args:
        connection: to the store.
        principal: whose.
        worth: what a passkey that is added by one of them counts as at most, a word of `verified.PASSKEYS`.
        random: source of octets.
    """
    codes = [base64.b32encode(random(_OCTETS))[:_LETTERS] for _ in range(CODES)]
    connection.execute(delete(RECOVERY).where(RECOVERY.c.principal == principal))
    connection.execute(
        insert(RECOVERY),
        [{"digest": _digest(each), "principal": principal, "worth": worth} for each in codes],
    )
    return tuple(Secret(b"-".join(each[at : at + 5] for at in range(0, _LETTERS, 5))) for each in codes)


def take_code(connection: Connection, code: str) -> tuple[str, str]:
    """Return whom a recovery code signs in, this once, and its worth; white space, hyphens and case do not matter.

    Raises:
        SignInRefused: nobody: it is unknown or used.
    """
    mine = RECOVERY.c.digest == _digest("".join(code.replace("-", "").split()).upper().encode())
    row = connection.execute(select(RECOVERY.c.principal, RECOVERY.c.worth).where(mine)).first()
    if row is None:
        raise SignInRefused(Fault.CODE_UNUSABLE)
    connection.execute(delete(RECOVERY).where(mine))
    return str(row.principal), str(row.worth)


def codes_left(connection: Connection, principal: str) -> int:
    """Return how many recovery codes a person has."""
    counted = select(func.count()).select_from(RECOVERY).where(RECOVERY.c.principal == principal)
    return int(connection.execute(counted).scalar_one())


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
