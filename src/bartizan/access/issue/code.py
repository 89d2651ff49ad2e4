"""Authorization codes: for 60 seconds, once, for who asked, by who can prove it.

Rules of this file: functions over one open transaction. A code is 256 random bits, kept as a digest. It is gone with the
first try to use it, whatever comes of that. A code is made by somebody signed in, never by a stranger, and the oldest
of a person gives way.
Source: RFC 6749 sections 4.1.2 and 10.5; RFC 7636 section 4.6; RFC 9700 section 4.5.
"""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select
from typing_extensions import override

from bartizan.access.issue.pushed import Pushed
from bartizan.access.tables import CODE
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Principal
from bartizan.identity.pseudonym import Random

LIFETIME_S: Final = 60
"""Life of a code, seconds."""
MOST: Final = 32
"""Codes of one person that are remembered."""
_OCTETS: Final = 32


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody whom a browser was told to belong to.

    Attributes:
        principal: id of the person.
        session: of the browser; what is decided in one is decided in no other.
        since: when the person last proved who it is, UTC nanoseconds.
        acr: how, a word; or empty.
    """

    principal: str
    session: str
    since: Nanoseconds
    acr: str = ""


class CodeShown(msgspec.Struct, frozen=True):
    """A code as it comes back.

    Attributes:
        code, verifier, redirect: `code`, `code_verifier` and `redirect_uri`.
    """

    code: str
    verifier: str
    redirect: str

    @override
    def __repr__(self) -> str:
        """Return nothing of it."""
        return "CodeShown(…)"


class Let(msgspec.Struct, frozen=True):
    """What a person let an application do, as a code stands for it.

    Attributes:
        client: `client_id` of the application.
        person: the person's own client id, which is never given twice.
        audience: of the tokens.
        key: thumbprint that they are to be bound to, or empty.
        redirect: where the code went.
        challenge: S256 of the verifier.
        since, acr: as in `SignedIn`.
        expires: of the code, UTC nanoseconds.
    """

    client: str
    person: str
    audience: str
    key: str
    redirect: str
    challenge: str
    since: Nanoseconds
    acr: str
    expires: Nanoseconds


def give(
    connection: Connection,
    pushed: Pushed,
    person: Principal,
    signed_in: SignedIn,
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
) -> str:
    """Return a new code; empty where this request has had its answer."""
    connection.execute(delete(CODE).where(CODE.c.gone <= now))
    if connection.execute(select(CODE.c.client).where(CODE.c.request == pushed.id)).first() is not None:
        return ""
    code = encoded(random(_OCTETS))
    row = {
        "digest": digest(code),
        "request": pushed.id,
        "client": pushed.client,
        "person": person.client,
        "audience": pushed.audience,
        "key": pushed.key,
        "redirect": pushed.redirect,
        "challenge": pushed.challenge,
        "since": signed_in.since,
        "acr": signed_in.acr,
        "made": now,
        "expires": now + LIFETIME_S * SECOND,
        "gone": pushed.expires + LIFETIME_S * SECOND,
        "used": False,
    }
    connection.execute(insert(CODE).values(row))
    _give_way(connection, person.client)
    return code


def take(connection: Connection, code: str) -> Let | None:
    """Return what a code stands for, and have it stand for nothing any more; None where it does not."""
    there = CODE.c.digest == digest(code)
    row = connection.execute(select(CODE).where(there, CODE.c.used.is_(False))).first()
    if row is None:
        return None
    connection.execute(CODE.update().where(there).values(used=True))
    return Let(
        client=row.client,
        person=row.person,
        audience=row.audience,
        key=row.key,
        redirect=row.redirect,
        challenge=row.challenge,
        since=Nanoseconds(row.since),
        acr=row.acr,
        expires=Nanoseconds(row.expires),
    )


def fault_of(let: Let, shown: CodeShown, client: str, key: str, now: Nanoseconds) -> str:
    """Return the word for what keeps a code from being redeemed; empty where nothing does.

    Args:
        let: of the code.
        shown: with it.
        client: `client_id` of who shows it, authenticated.
        key: thumbprint that was proven; empty where none was.
        now: the instant.
    """
    verified = encoded(hashlib.sha256(shown.verifier.encode("utf-8", "surrogatepass")).digest())
    faults = {
        "code-of-another": let.client != client,
        "code-expired": now >= let.expires,
        "code-elsewhere": let.redirect != shown.redirect,
        "code-unverified": not hmac.compare_digest(verified, let.challenge),
        "code-of-another-key": bool(let.key) and let.key != key,
    }
    return next((word for word, wrong in faults.items() if wrong), "")


def digest(code: str) -> bytes:
    """Return what is kept of a code."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()


def _give_way(connection: Connection, person: str) -> None:
    count = connection.execute(select(func.count()).where(CODE.c.person == person)).scalar_one()
    if count > MOST:
        oldest = (
            select(CODE.c.digest).where(CODE.c.person == person).order_by(CODE.c.made).limit(count - MOST)
        )
        connection.execute(delete(CODE).where(CODE.c.digest.in_(oldest.scalar_subquery())))
