"""Sessions: who is signed in, with what, and since when.

Rules of this file: functions over one open transaction; the caller commits. A cookie is 256 random bits that only its
browser has; the store has its digest. A session begins with a new cookie, whatever cookie there was: nobody's choice
of one is ever taken up. It is bound to no address: a proxy's changes sign nobody out.
"""

import base64
import hashlib
import secrets
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.tables import SESSION
from bartizan.access.tables import PRINCIPAL
from bartizan.clock import MINUTE, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.pseudonym import Random
from bartizan.identity.verified import DEVICE_BOUND, PASSKEYS, SYNCED, UNVERIFIED, Verified

IDLE: Final = Nanoseconds(30 * MINUTE)
"""How long a session lasts without a request."""
LIFE: Final = Nanoseconds(12 * 60 * MINUTE)
"""How long a session lasts at most."""
FRESH: Final = Nanoseconds(5 * MINUTE)
"""How long a verification by passkey is fresh enough for what cannot be taken back."""
MOST: Final = 32
"""Sessions of one person; the oldest gives way."""
_SEEN: Final = Nanoseconds(MINUTE)
_OCTETS: Final = 32


class Session(msgspec.Struct, frozen=True):
    """A row of `tables.SESSION`, without its digest.

    Attributes:
        by: passkey, link or recovery-code.
        key: worth of the passkey that verified it last, or `none`.
        worth: what began it counts as, a word of `verified.PASSKEYS`; a link of the owner's is worth as much as any passkey.
    """

    id: str
    principal: str
    by: str
    key: str
    worth: str
    begun: Nanoseconds
    seen: Nanoseconds
    verified: Nanoseconds

    def is_fresh(self, now: Nanoseconds) -> bool:
        """Return whether its passkey was used lately."""
        return bool(self.verified) and now - self.verified < FRESH

    def may_enrol(self, now: Nanoseconds) -> bool:
        """Return whether a passkey may be added: after one was used, or a link or code that stands for one."""
        return self.is_fresh(now) or self._stands(now)

    def gives(self, now: Nanoseconds) -> str:
        """Return what passkeys and recovery codes that come of it now count as at most, a word of `verified.PASSKEYS`."""
        proven = {self.worth} if self._stands(now) else set()
        proven |= {self.key} if self.is_fresh(now) else set()
        return DEVICE_BOUND if DEVICE_BOUND in proven else SYNCED

    @property
    def verified_by(self) -> Verified:
        """How its person was verified last; by nothing where no passkey was used."""
        return Verified(self.key, self.verified) if self.verified and self.key in PASSKEYS else UNVERIFIED

    def _stands(self, now: Nanoseconds) -> bool:
        """Return whether the link or the code that began it still stands for a passkey."""
        return self.by != "passkey" and now - self.begun < FRESH


def begin(
    connection: Connection,
    principal: str,
    by: str,
    worth: str,
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
) -> tuple[Session, Secret]:
    """Return a new session and its cookie.

    Args:
        connection: to the store.
        principal: whose.
        by: passkey, link or recovery-code.
        worth: what that counts as, a word of `verified.PASSKEYS`.
        now: the instant.
        random: source of octets.
    """
    forget_old(connection, now)
    held = of_person(connection, principal, now)
    for oldest in held[: max(0, len(held) - MOST + 1)]:
        connection.execute(delete(SESSION).where(SESSION.c.id == oldest.id))
    cookie = base64.urlsafe_b64encode(random(_OCTETS)).rstrip(b"=")
    key, verified = (worth, now) if by == "passkey" else ("none", Nanoseconds(0))
    made = Session(random(8).hex(), principal, by, key, worth, now, now, verified)
    connection.execute(
        insert(SESSION).values(digest=_digest(cookie.decode()), **msgspec.structs.asdict(made))
    )
    return made, Secret(cookie)


def find(connection: Connection, cookie: str, now: Nanoseconds) -> Session:
    """Return the session of a cookie, and remember that it was seen.

    Raises:
        SignInRefused: there is none, it is over, or its person is revoked.
    """
    row = connection.execute(
        select(*_COLUMNS, PRINCIPAL.c.revoked)
        .join(PRINCIPAL, PRINCIPAL.c.id == SESSION.c.principal)
        .where(SESSION.c.digest == _digest(cookie))
    ).first()
    if row is None or row.revoked:
        raise SignInRefused(Fault.SESSION_ENDED)
    found = Session(*row[:-1])
    if not _lasts(found, now):
        raise SignInRefused(Fault.SESSION_ENDED)
    if now - found.seen >= _SEEN:
        connection.execute(update(SESSION).where(SESSION.c.id == found.id).values(seen=now))
    return found


def of_person(connection: Connection, principal: str, now: Nanoseconds) -> tuple[Session, ...]:
    """Return the sessions of a person that last, oldest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(SESSION.c.principal == principal).order_by(SESSION.c.begun, SESSION.c.id)
    )
    return tuple(one for one in (Session(*row) for row in rows) if _lasts(one, now))


def verify(connection: Connection, session: Session, key: str, now: Nanoseconds) -> None:
    """Remember that a session's person was verified by a passkey just now."""
    connection.execute(update(SESSION).where(SESSION.c.id == session.id).values(verified=now, key=key))


def end(connection: Connection, principal: str, session: str) -> None:
    """End a session of a person.

    Raises:
        SignInRefused: it is not theirs, or over.
    """
    gone = delete(SESSION).where(SESSION.c.id == session, SESSION.c.principal == principal)
    if not connection.execute(gone).rowcount:
        raise SignInRefused(Fault.SESSION_UNKNOWN)


def leave(connection: Connection, cookie: str) -> None:
    """End the session of a cookie, whosever it is; its browser begins another one."""
    connection.execute(delete(SESSION).where(SESSION.c.digest == _digest(cookie)))


def end_others(connection: Connection, session: Session) -> int:
    """End all other sessions of a session's person, and return how many there were."""
    others = delete(SESSION).where(SESSION.c.principal == session.principal, SESSION.c.id != session.id)
    return connection.execute(others).rowcount


def end_all(connection: Connection, principal: str) -> int:
    """End all sessions of a person, and return how many there were."""
    return connection.execute(delete(SESSION).where(SESSION.c.principal == principal)).rowcount


def forget_old(connection: Connection, now: Nanoseconds) -> None:
    """Delete what lasts no longer."""
    connection.execute(
        delete(SESSION).where((SESSION.c.begun <= now - LIFE) | (SESSION.c.seen <= now - IDLE))
    )


def form_token(cookie: str) -> str:
    """Return what every form of a session's pages holds; nobody without the cookie can say it."""
    said = hashlib.sha256(b"bartizan form\0" + cookie.encode()).digest()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def _lasts(session: Session, now: Nanoseconds) -> bool:
    return now - session.begun < LIFE and now - session.seen < IDLE


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


_COLUMNS: Final = tuple(SESSION.c[name] for name in Session.__struct_fields__)
