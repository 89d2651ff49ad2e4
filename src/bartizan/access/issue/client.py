"""Which client asks.

Rules of this file: every client has one way to authenticate, chosen by its registration; another way is refused even
where it would succeed. An unknown client, a revoked one and a wrong credential get the same answer. An assertion that held
is used, whatever comes after it: its use is committed before anything else is looked at.
Source: RFC 9700 section 2.5; RFC 6749 section 2.3.
"""

from sqlalchemy import Connection, Engine, select

from bartizan.access.issue import assertion as assertions
from bartizan.access.issue.application import Application, application
from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.client_certificate import certified
from bartizan.access.issue.client_key import keys_of
from bartizan.access.issue.credentials import CredentialsWrong, check
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused
from bartizan.access.issue.registered import require_current
from bartizan.access.register import get
from bartizan.access.tables import PRINCIPAL
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Principal


def authenticate(connection: Connection, shown: Credential, issuer: str, now: Nanoseconds) -> Principal:
    """Return whose client this is; an assertion is good for no other request afterwards.

    Args:
        connection: of a transaction that the caller commits.
        shown: by the client.
        issuer: our own URL, which assertions must be for.
        now: the instant of the request.
    Raises:
        GrantRefused: invalid_client, whatever is wrong.
    """
    try:
        if shown.assertion:
            return _by_assertion(connection, shown, issuer, now)
        found = check(connection, shown.client, shown.secret)
    except CredentialsWrong as fault:
        raise _unknown("invalid-client", fault.pseudonym) from fault
    except AssertionWrong as fault:
        raise _unknown(fault.reason) from fault
    require_current(connection, found, now)
    return found


def authenticate_certified(
    connection: Connection, client: str, certificate: str, now: Nanoseconds
) -> Principal:
    """Return whose client shows this certificate, by the word of a worker.

    Args:
        connection: of a transaction.
        client: its `client_id`.
        certificate: SHA-256, base64url, of what the connection showed.
        now: the instant of the request.
    Raises:
        GrantRefused: invalid_client, whatever is wrong.
    """
    row = connection.execute(
        select(PRINCIPAL.c.id).where(PRINCIPAL.c.client == client, PRINCIPAL.c.revoked.is_(False))
    ).first()
    if row is None or certificate not in certified(connection, client, now):
        raise _unknown("invalid-client")
    found = get(connection, row.id)
    require_current(connection, found, now)
    return found


def authenticate_application(store: Engine, shown: Credential, issuer: str, now: Nanoseconds) -> Application:
    """Return the application that asks; a public one shows nothing but its id, and is believed no further than that.

    In transactions of its own: what refuses it afterwards makes no assertion good again.

    Args:
        store: opened.
        shown, issuer, now: as of `authenticate`.
    Raises:
        GrantRefused: invalid_client, or unauthorized_client where it is no application.
    """
    if not shown.secret and not shown.assertion:
        with store.begin() as connection:
            return _public(connection, shown.client, now)
    with store.begin() as connection:
        principal = authenticate(connection, shown, issuer, now)
    with store.begin() as connection:
        found = application(connection, principal.client)
    if found is None:
        what = "this client is no application; register one with `bartizan identity add --redirect URI`"
        raise GrantRefused(GrantFault.UNAUTHORIZED_CLIENT, what)
    return found


def _public(connection: Connection, client: str, now: Nanoseconds) -> Application:
    found = application(connection, client)
    if found is None or not found.public:
        raise _unknown("invalid-client")
    require_current(connection, found.principal, now)
    return found


def _by_assertion(connection: Connection, shown: Credential, issuer: str, now: Nanoseconds) -> Principal:
    client = assertions.claimed(shown.assertion)
    if shown.client not in {"", client}:
        raise AssertionWrong("assertion-of-another")
    asserted = assertions.verify(shown.assertion, keys_of(connection, client), issuer, now)
    found = connection.execute(
        select(PRINCIPAL.c.id).where(PRINCIPAL.c.client == client, PRINCIPAL.c.revoked.is_(False))
    ).first()
    if found is None:
        raise AssertionWrong("assertion-key-unknown")
    principal = get(connection, found.id)
    require_current(connection, principal, now)
    assertions.take(connection, asserted, now)
    return principal


def _unknown(reason: str, pseudonym: str = "") -> GrantRefused:
    what = str(CredentialsWrong())
    return GrantRefused(GrantFault.INVALID_CLIENT, what, reason, principal=pseudonym)
