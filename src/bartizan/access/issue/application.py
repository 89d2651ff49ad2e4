"""Applications: clients that people let act for them, with the addresses that people come back to.

Rules of this file: functions over one open transaction. What is not registered as an application can be let by nobody.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, insert, select

from bartizan.access.register import get
from bartizan.access.tables import APPLICATION, PRINCIPAL, REDIRECT
from bartizan.identity.principal import Principal


class Application(msgspec.Struct, frozen=True):
    """A client that asks people.

    Attributes:
        principal: whose client it is.
        public: whether it can keep no secret, as on people's own machines; then its tokens are always bound to a key.
        redirects: addresses that people may be sent back to.
    """

    principal: Principal
    public: bool
    redirects: tuple[str, ...]


def make_application(
    connection: Connection, principal: Principal, redirects: Iterable[str], *, public: bool
) -> None:
    """Have a new principal's client be an application; addresses are those of `redirect.require_usable`."""
    connection.execute(insert(APPLICATION).values(client=principal.client, public=public))
    for address in redirects:
        connection.execute(insert(REDIRECT).values(client=principal.client, uri=address))


def application(connection: Connection, client: str) -> Application | None:
    """Return the application of a client id; None where there is none, or it was revoked."""
    row = connection.execute(
        select(PRINCIPAL.c.id, APPLICATION.c.public)
        .join(APPLICATION, APPLICATION.c.client == PRINCIPAL.c.client)
        .where(PRINCIPAL.c.client == client, PRINCIPAL.c.revoked.is_(False))
    ).first()
    if row is None:
        return None
    found = connection.execute(
        select(REDIRECT.c.uri).where(REDIRECT.c.client == client).order_by(REDIRECT.c.uri)
    )
    return Application(get(connection, row.id), row.public, tuple(each.uri for each in found))
