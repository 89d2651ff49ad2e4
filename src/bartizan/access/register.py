"""The register: who is known, under which pseudonym, and who no longer is.

Rules of this file: functions over one open transaction; the caller commits, then publishes, then answers.
"""

import re
import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from bartizan.access.errors import PrincipalExists, PrincipalUnknown
from bartizan.access.tables import ADDRESS, METADATA, PRINCIPAL, REVOKED_TOKEN
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import (
    ITSELF,
    NAME,
    SELF_REGISTERED,
    Kind,
    NotAPrincipal,
    Principal,
    principal_id,
)
from bartizan.identity.pseudonym import Minted, Random, mint
from bartizan.store.engine import forget_log

MOST_ADDRESSES: Final = 100_000
"""Address prefixes that are kept; the oldest give way."""
SUBJECTS: Final = re.compile(r"x-[0-9a-f]{16}")
"""Names that people get whom an external issuer's tokens bring: of a digest of who they are there. Nobody gets one by hand."""
_KEY_OCTETS: Final = 32
_CLIENT_OCTETS: Final = 8


def prepare(store: Engine) -> None:
    """Make the tables that are missing."""
    METADATA.create_all(store)


KEPT: Final = {
    SUBJECTS: "those whom an issuer's tokens bring",
    SELF_REGISTERED: "applications that register themselves",
}
"""Forms of names that nobody is given by hand, and whose they are."""


def register(
    connection: Connection,
    kind: Kind,
    name: str,
    roles: Iterable[str],
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
    *,
    kept: re.Pattern[str] | None = None,
) -> Principal:
    """Return a new principal, with a new pseudonym, content key and client id.

    Args:
        connection: of the transaction.
        kind, name, roles: of the principal.
        now: the instant.
        random: source of what is random.
        kept: the form of names that this one is given of, a key of `KEPT`; None where somebody chose the name.
    Raises:
        NotAPrincipal: a kind, name or role that is not of its form, or a name that is kept for others.
        PrincipalExists: the name is taken, by somebody revoked too.
    """
    found = principal_id(kind, name)
    for form, whose in KEPT.items():
        if (form.fullmatch(name) is not None) is not (form is kept):
            raise NotAPrincipal(f"names of the form {form.pattern} are for {whose}; choose another")
    held = tuple(sorted(set(roles)))
    if ITSELF in held:
        raise NotAPrincipal(f"the role {ITSELF} is of applications that register themselves")
    if not all(NAME.fullmatch(role) for role in held):
        raise NotAPrincipal("a role is a lower-case letter, then at most 39 letters, digits or hyphens")
    if connection.execute(select(PRINCIPAL.c.id).where(PRINCIPAL.c.id == found)).first() is not None:
        raise PrincipalExists(found)
    row = {
        "id": found,
        "kind": kind.value,
        "name": name,
        "roles": " ".join(held),
        "client": f"c-{random(_CLIENT_OCTETS).hex()}",
        "pseudonym": mint("p", random),
        "content_key": random(_KEY_OCTETS),
        "created": now,
        "revoked": False,
    }
    connection.execute(insert(PRINCIPAL).values(row))
    return get(connection, found)


def people(connection: Connection) -> tuple[Principal, ...]:
    """Return everybody, the revoked included, in order of id."""
    rows = connection.execute(select(PRINCIPAL).order_by(PRINCIPAL.c.id))
    return tuple(_principal(row) for row in rows)


def get(connection: Connection, principal: str) -> Principal:
    """Return somebody by id.

    Raises:
        PrincipalUnknown: nobody of that id.
    """
    row = connection.execute(select(PRINCIPAL).where(PRINCIPAL.c.id == principal)).first()
    if row is None:
        raise PrincipalUnknown
    return _principal(row)


def of_client(connection: Connection, client: str) -> Principal:
    """Return somebody by the id of its client.

    Raises:
        PrincipalUnknown: nobody of that client.
    """
    row = connection.execute(select(PRINCIPAL).where(PRINCIPAL.c.client == client)).first()
    if row is None:
        raise PrincipalUnknown
    return _principal(row)


def of_pseudonym(connection: Connection, pseudonym: str) -> Principal:
    """Return somebody by what the record calls them.

    Raises:
        PrincipalUnknown: nobody of that pseudonym.
    """
    row = connection.execute(select(PRINCIPAL).where(PRINCIPAL.c.pseudonym == pseudonym)).first()
    if row is None:
        raise PrincipalUnknown
    return _principal(row)


def revoke(connection: Connection, principal: str) -> Principal:
    """Return somebody whose tokens are all refused from the next generation on.

    Raises:
        PrincipalUnknown: nobody of that id.
    """
    connection.execute(update(PRINCIPAL).where(PRINCIPAL.c.id == principal).values(revoked=True))
    return get(connection, principal)


def erase(connection: Connection, principal: str) -> Principal:
    """Delete everything that links somebody to their pseudonym, and the key of their content's tags.

    After the commit, `forget` makes the deletion true on the disk too.

    Returns:
        who it was, for the last event that names the pseudonym.
    Raises:
        PrincipalUnknown: nobody of that id.
    """
    gone = get(connection, principal)
    connection.execute(delete(PRINCIPAL).where(PRINCIPAL.c.id == principal))
    return gone


def erase_address(connection: Connection, prefix: str) -> int:
    """Delete every pseudonym of an address prefix and return how many there were."""
    return connection.execute(delete(ADDRESS).where(ADDRESS.c.prefix == prefix)).rowcount


def forget(store: Engine) -> bool:
    """Overwrite what was deleted, in the log too; return whether nobody was in the way."""
    return forget_log(store)


def keep_addresses(connection: Connection, minted: Iterable[Minted]) -> None:
    """Remember whose address prefix a pseudonym stands for; the oldest beyond `MOST_ADDRESSES` are deleted."""
    for new in minted:
        known = select(ADDRESS.c.number).where(ADDRESS.c.pseudonym == new.pseudonym)
        if connection.execute(known).first() is None:
            connection.execute(insert(ADDRESS).values(pseudonym=new.pseudonym, prefix=new.prefix))
    newest = connection.execute(select(func.max(ADDRESS.c.number))).scalar() or 0
    connection.execute(delete(ADDRESS).where(ADDRESS.c.number <= newest - MOST_ADDRESSES))


def canonical(connection: Connection, pseudonym: str) -> str | None:
    """Return the first pseudonym of the same address prefix; None for one that is not known, or not yet."""
    prefix = select(ADDRESS.c.prefix).where(ADDRESS.c.pseudonym == pseudonym).scalar_subquery()
    same = select(ADDRESS.c.pseudonym).where(ADDRESS.c.prefix == prefix).order_by(ADDRESS.c.number).limit(1)
    found = connection.execute(same).scalar()
    return None if found is None else str(found)


def prefix_of(connection: Connection, pseudonym: str) -> str:
    """Return the address prefix that a pseudonym stands for; empty for one that is not known, or not yet."""
    found = connection.execute(select(ADDRESS.c.prefix).where(ADDRESS.c.pseudonym == pseudonym)).scalar()
    return "" if found is None else str(found)


def prefixes_of(connection: Connection, pseudonyms: Iterable[str]) -> dict[str, str]:
    """Return the address prefix that each of a few pseudonyms stands for, of those that are known."""
    wanted = select(ADDRESS.c.pseudonym, ADDRESS.c.prefix).where(ADDRESS.c.pseudonym.in_(set(pseudonyms)))
    return {row.pseudonym: row.prefix for row in connection.execute(wanted)}


def revoke_token(connection: Connection, token: str, expires: Nanoseconds) -> None:
    """Remember that a token, by its `jti`, is refused until it is expired anyway."""
    if connection.execute(select(REVOKED_TOKEN.c.id).where(REVOKED_TOKEN.c.id == token)).first() is None:
        connection.execute(insert(REVOKED_TOKEN).values(id=token, expires=expires))


def revoked_tokens(connection: Connection, now: Nanoseconds) -> dict[str, Nanoseconds]:
    """Return the revoked tokens that are not expired yet; writes nothing, so that a full disk keeps nothing from being in force."""
    wanted = select(REVOKED_TOKEN).where(REVOKED_TOKEN.c.expires > now).order_by(REVOKED_TOKEN.c.id)
    return {row.id: Nanoseconds(row.expires) for row in connection.execute(wanted)}


def forget_expired(connection: Connection, now: Nanoseconds) -> None:
    """Forget the revoked tokens that are expired."""
    connection.execute(delete(REVOKED_TOKEN).where(REVOKED_TOKEN.c.expires <= now))


def _principal(row: Row[tuple[object, ...]]) -> Principal:
    return Principal(
        id=row.id,
        kind=Kind(row.kind),
        name=row.name,
        roles=tuple(row.roles.split()),
        pseudonym=row.pseudonym,
        content_key=row.content_key,
        client=row.client,
        revoked=row.revoked,
    )
