"""Applications: clients that people let act for them, with the addresses that people come back to.

Rules of this file: functions over one open transaction. What is not registered as an application can be let by nobody.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select

from bartizan.access.issue import family as families
from bartizan.access.issue.registered import Terms, terms
from bartizan.access.register import get
from bartizan.access.tables import APPLICATION, DEVICE_FLOW, FAMILY, PRINCIPAL, REDIRECT
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Principal


class Application(msgspec.Struct, frozen=True):
    """A client that asks people.

    Attributes:
        principal: whose client it is.
        public: whether it can keep no secret, as on people's own machines; then its tokens are always bound to a key.
        redirects: addresses that people may be sent back to.
        device_flow: whether it may ask people by a code that they type elsewhere.
        terms: what it registered itself for; None where a person registered it.
    """

    principal: Principal
    public: bool
    redirects: tuple[str, ...]
    device_flow: bool = False
    terms: Terms | None = None

    @property
    def bound(self) -> bool:
        """Whether its tokens are always bound to a key."""
        return self.public or (self.terms is not None and self.terms.bound)

    def audience(self, asked: str) -> str:
        """Return the audience that its request comes to.

        Raises:
            GrantRefused: it registered itself, and asks for more than it may have.
        """
        return asked if self.terms is None else self.terms.audience(asked)


def make_application(
    connection: Connection,
    principal: Principal,
    redirects: Iterable[str],
    *,
    public: bool,
    device_flow: bool = False,
) -> None:
    """Have a new principal's client be an application; addresses are those of `redirect.require_usable`."""
    connection.execute(insert(APPLICATION).values(client=principal.client, public=public))
    for address in redirects:
        connection.execute(insert(REDIRECT).values(client=principal.client, uri=address))
    if device_flow:
        connection.execute(insert(DEVICE_FLOW).values(client=principal.client))


def unmake_application(connection: Connection, principal: Principal, now: Nanoseconds) -> None:
    """Have a client be no application any more: what people let it do, and what came of that, is gone with it.

    Access tokens that are out are refused from the next state on.
    """
    for family in connection.execute(select(FAMILY.c.id).where(FAMILY.c.client == principal.client)).all():
        families.end(connection, family.id, now)
    connection.execute(delete(APPLICATION).where(APPLICATION.c.client == principal.client))


def application(connection: Connection, client: str) -> Application | None:
    """Return the application of a client id; None where there is none, or it was revoked."""
    row = connection.execute(
        select(PRINCIPAL.c.id, APPLICATION.c.public, DEVICE_FLOW.c.client.label("device"))
        .join(APPLICATION, APPLICATION.c.client == PRINCIPAL.c.client)
        .outerjoin(DEVICE_FLOW, DEVICE_FLOW.c.client == PRINCIPAL.c.client)
        .where(PRINCIPAL.c.client == client, PRINCIPAL.c.revoked.is_(False))
    ).first()
    if row is None:
        return None
    found = connection.execute(
        select(REDIRECT.c.uri).where(REDIRECT.c.client == client).order_by(REDIRECT.c.uri)
    )
    addresses = tuple(each.uri for each in found)
    principal = get(connection, row.id)
    itself = terms(connection, client) if principal.self_registered else None
    return Application(principal, row.public, addresses, row.device is not None, itself)
