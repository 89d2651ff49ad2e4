"""Families: all tokens that come of one person's one consent, and the refresh token that goes on from hand to hand.

Rules of this file: functions over one open transaction. The store keeps no refresh token and no digest of one: a token
says its family and its number, under a MAC, and the family says which number is the current one. One that is genuine
but not current was used before, by its owner or by a thief, and nobody can tell which: the family ends. Garbage ends
nothing.
Source: RFC 9700 section 4.14; RFC 9449 section 5.
"""

import hmac
import re
import secrets
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from typing_extensions import override

from bartizan.access.issue.code import Let
from bartizan.access.register import revoke_token
from bartizan.access.tables import DEVICE_FAMILY, FAMILY
from bartizan.clock import DAY, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random, mint
from bartizan.identity.refusal import LONGEST_LIFE

IDLE: Final = Nanoseconds(7 * DAY)
"""How long a refresh token waits to be used."""
LONGEST: Final = Nanoseconds(30 * DAY)
"""How long a family lives, however often it is refreshed."""
MOST: Final = 16
"""Families of one person at one application; the oldest gives way."""
PREFIX: Final = "bartizan_r."
"""What every refresh token begins with, so that scanners of leaked secrets know one."""
_FORM: Final = re.compile(r"bartizan_r\.([0-9a-f]{16})\.([0-9]{1,9})\.([A-Za-z0-9_-]{43})")


class Family(msgspec.Struct, frozen=True):
    """A family as it stands.

    Attributes:
        id: `f-` and 16 hexadecimal digits; its tokens say it.
        client: `client_id` of the application.
        person: the person's own client id.
        audience: of its tokens.
        key: thumbprint that they are bound to, or empty.
        since: when the person proved who it is, UTC nanoseconds.
        acr: how, or empty.
        number: of the refresh token that is current.
    """

    id: str
    client: str
    person: str
    audience: str
    key: str
    since: Nanoseconds
    acr: str
    number: int


class RefreshTokens:
    """Writes refresh tokens, and knows its own.

    Args:
        secret: the key of their MACs.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: Secret) -> None:
        """Take the key."""
        self._secret = secret

    @override
    def __repr__(self) -> str:
        """Return nothing of the key."""
        return "RefreshTokens(…)"

    def write(self, family: str, number: int) -> str:
        """Return the refresh token of a family's number."""
        said = f"{family.removeprefix('f-')}.{number}"
        return f"{PREFIX}{said}.{self._mac(said)}"

    def read(self, token: str) -> tuple[str, int]:
        """Return the family and the number of a genuine token; an empty family where it is none."""
        found = _FORM.fullmatch(token)
        if found is None or not hmac.compare_digest(self._mac(f"{found[1]}.{found[2]}"), found[3]):
            return "", 0
        return f"f-{found[1]}", int(found[2])

    def _mac(self, said: str) -> str:
        return encoded(hmac.digest(self._secret.reveal(), b"refresh token " + said.encode(), "sha256"))


def found(
    connection: Connection,
    let: Let,
    code: bytes,
    key: str,
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
    *,
    device: bool = False,
) -> Family:
    """Return a new family.

    Args:
        connection: of the transaction.
        let: by the person.
        code: digest of the code that it comes of.
        key: thumbprint that its tokens are bound to, or empty.
        now: the instant.
        random: source of its id.
        device: whether a device without a browser has it.
    """
    over = (FAMILY.c.expires <= now) | (FAMILY.c.used <= now - IDLE)
    connection.execute(delete(FAMILY).where(over))
    row = {
        "id": mint("f", random),
        "code": code,
        "client": let.client,
        "person": let.person,
        "audience": let.audience,
        "key": key,
        "since": let.since,
        "acr": let.acr,
        "number": 0,
        "used": now,
        "expires": now + LONGEST,
    }
    connection.execute(insert(FAMILY).values(row))
    if device:
        connection.execute(insert(DEVICE_FAMILY).values(family=row["id"]))
    return msgspec.convert(row, Family)


def of_code(connection: Connection, code: bytes) -> Family | None:
    """Return the family that came of a code, by its digest; None where there is none."""
    return _family(connection.execute(select(FAMILY).where(FAMILY.c.code == code)).first())


def living(connection: Connection, family: str, now: Nanoseconds) -> Family | None:
    """Return a family that has not ended."""
    row = connection.execute(
        select(FAMILY).where(FAMILY.c.id == family, FAMILY.c.expires > now, FAMILY.c.used > now - IDLE)
    ).first()
    return _family(row)


def go_on(connection: Connection, family: Family, now: Nanoseconds) -> Family:
    """Return a family one number further; the refresh token of the one before is used."""
    number = family.number + 1
    connection.execute(update(FAMILY).where(FAMILY.c.id == family.id).values(number=number, used=now))
    return msgspec.structs.replace(family, number=number)


def end(connection: Connection, family: str, now: Nanoseconds) -> None:
    """End a family: nothing is given for its tokens any more, and those that are out are refused from the next state on."""
    connection.execute(delete(FAMILY).where(FAMILY.c.id == family))
    revoke_token(connection, family, Nanoseconds(now + LONGEST_LIFE))


def end_of(
    connection: Connection, person: Principal, until: Nanoseconds, now: Nanoseconds
) -> tuple[str, ...]:
    """End the families of a person that come of sign-ins up to an instant; return which those were.

    Args:
        connection: of the transaction.
        person: whose.
        until: of the sign-ins, UTC nanoseconds.
        now: the instant.
    """
    theirs = (FAMILY.c.person == person.client) & (FAMILY.c.since <= until)
    over = connection.execute(select(FAMILY.c.id).where(theirs).order_by(FAMILY.c.id)).scalars().all()
    for family in over:
        end(connection, family, now)
    return tuple(over)


def give_way(connection: Connection, let: Let, now: Nanoseconds) -> tuple[str, ...]:
    """End the oldest families of a person at an application, beyond `MOST`; return which those were."""
    own = (FAMILY.c.person == let.person) & (FAMILY.c.client == let.client)
    newest = select(FAMILY.c.id).where(own).order_by(FAMILY.c.expires.desc(), FAMILY.c.id)
    over = tuple(str(row.id) for row in connection.execute(newest.offset(MOST)))
    for family in over:
        end(connection, family, now)
    return over


def _family(row: Row[tuple[object, ...]] | None) -> Family | None:
    return None if row is None else Family(**{name: getattr(row, name) for name in Family.__struct_fields__})
