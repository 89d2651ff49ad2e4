"""What a signal of an external issuer takes away here: tokens of its own, and what applications hold by ours.

Rules of this file: functions over one open transaction; the caller commits, then publishes, then answers.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from bartizan.access import links
from bartizan.access import register as people
from bartizan.access.issue import family as families
from bartizan.app.entry import Entry
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.signal import Signal
from bartizan.ledger.event import Outcome

_LASTS: Final = frozenset({"account-disabled", "account-purged"})
_SIGNS_OUT: Final = _LASTS | {"logout", "session-revoked", "credential-change"}


def end(connection: Connection, said: Signal, now: Nanoseconds) -> None:
    """Commit what a signal takes away; the one that gives back takes nothing of what came after."""
    if said.session:
        links.end_session(connection, said.issuer, said.session, now)
    if not said.subject:
        return
    if said.word == "account-enabled":
        links.resume(connection, said.issuer, said.subject, said.at)
        return
    links.end(connection, said.issuer, said.subject, said.at, lasts=said.word in _LASTS)


def end_families(connection: Connection, said: Signal, now: Nanoseconds) -> Iterator[Entry]:
    """End what applications hold of somebody who was signed out, and come of a sign-in before; yield what goes on record.

    A session is its issuer's own: nothing that applications hold here comes of one. A change of claims signs nobody out.
    """
    known = (
        links.known(connection, said.issuer, said.subject)
        if said.word in _SIGNS_OUT and said.subject
        else None
    )
    if known is None:
        return
    person = people.get(connection, known.principal)
    until = links.FOR_EVER if said.word in _LASTS else Nanoseconds(said.at + SECOND - 1)
    for family in families.end_of(connection, person, until, now):
        detail: dict[str, int | str] = {"reason": "signed-out"}
        yield Entry("access.family.revoked", "platform", family, Outcome.DONE, detail=detail)
