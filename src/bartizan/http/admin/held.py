"""Requests that a guard holds: one function a route.

Rules of this file: a person decides. Over the network that is a user who acts themselves: no program, and nobody who acts for
somebody else. Whoever opens the owner's socket is the owner.
"""

from bartizan.access.people.held import Held
from bartizan.admin import held as table
from bartizan.admin.forms import Page, Paged
from bartizan.admin.held import Decision, HeldRequest, State
from bartizan.admin.route import Nothing
from bartizan.app.admin.caller import BeyondOnesOwn
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.first import OWNER
from bartizan.app.held import HeldRequests
from bartizan.http.admin.call import Bound, Call, shown
from bartizan.identity.principal import Kind


class Waiting:
    """Held requests over HTTP."""

    def __init__(self, held: HeldRequests, cursors: Cursors) -> None:
        """Take who holds them."""
        self._held, self._cursors = held, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (shown(table.LIST, self.list), shown(table.DECIDE, self.decide))

    def list(self, call: Call[Nothing, Paged]) -> Page[HeldRequest]:
        """Return a page of them."""
        every = following(self._held.several(), lambda each: each.request)
        found = self._cursors.page(table.LIST.name, call.query, every, lambda each: each.request)
        return Page(tuple(map(_told, found.items)), found.next)

    def decide(self, call: Call[Decision, Nothing]) -> HeldRequest:
        """Release one, or deny it."""
        caller, body = call.caller, call.body
        by = OWNER if caller.local else caller.id
        if caller.agent or not by.startswith(f"{Kind.USER.value}."):
            raise BeyondOnesOwn("a person decides what becomes of a held request, and does so themselves")
        request = call.segments["request"]
        return _told(self._held.decide(request, by, body.purpose.value, release=body.release))


def _told(held: Held) -> HeldRequest:
    return HeldRequest(
        held.request,
        held.pseudonym,
        held.service,
        held.reason,
        held.at,
        held.expires,
        State(held.state),
    )
