"""What is kept of other trust domains: the bundle that each had last, and when that was last known to hold.

Rules of this file: functions over one open transaction. A bundle of another source is none: whoever configures another one
begins anew, sequence and all.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from bartizan.access.tables import TRUST_BUNDLE
from bartizan.clock import Nanoseconds
from bartizan.identity.trust_bundle import Bundle, BundleRefused, read_bundle, written


class Kept(msgspec.Struct, frozen=True):
    """A bundle, and the instant at which it was last known to hold, UTC nanoseconds."""

    bundle: Bundle
    confirmed: Nanoseconds


def kept(connection: Connection, trust_domain: str, source: str) -> Kept | None:
    """Return the last bundle of a trust domain from this source; None where there is none.

    Args:
        connection: a transaction.
        trust_domain: whose.
        source: digest of where it comes from.
    """
    row = connection.execute(
        select(TRUST_BUNDLE).where(
            (TRUST_BUNDLE.c.trust_domain == trust_domain) & (TRUST_BUNDLE.c.source == source)
        )
    ).first()
    if row is None:
        return None
    try:
        return Kept(read_bundle(row.document.encode(), trust_domain), Nanoseconds(row.confirmed))
    except BundleRefused:  # of a version that took more than this one
        return None


def keep(connection: Connection, trust_domain: str, source: str, new: Kept) -> None:
    """Remember a trust domain's bundle, in place of what was remembered before; arguments as of `kept`."""
    connection.execute(delete(TRUST_BUNDLE).where(TRUST_BUNDLE.c.trust_domain == trust_domain))
    row = {"source": source, "confirmed": new.confirmed, "document": written(new.bundle).decode("ascii")}
    connection.execute(insert(TRUST_BUNDLE).values(trust_domain=trust_domain, **row))


def confirm(connection: Connection, trust_domain: str, at: Nanoseconds) -> None:
    """Remember that a bundle still holds."""
    where = TRUST_BUNDLE.c.trust_domain == trust_domain
    connection.execute(update(TRUST_BUNDLE).where(where).values(confirmed=at))


def forget_others(connection: Connection, trust_domains: Iterable[str]) -> None:
    """Forget the bundles of trust domains that are not configured any more."""
    connection.execute(delete(TRUST_BUNDLE).where(TRUST_BUNDLE.c.trust_domain.not_in(list(trust_domains))))
