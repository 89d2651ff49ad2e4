"""Links by which people sign in: one function a route.

Rules of this file: whoever has a link becomes that person at the pages, and lets a passkey of theirs in. So over the network
only owners ask for one, and none is made before another owner has approved it at the pages, with their passkey: neither a
copied secret of an administrator nor a fault of the policies signs anybody in. At the owner's socket the kernel
has said who asks.
"""

from bartizan.access.people.once import LINK_LIFE
from bartizan.access.people.roles import Role
from bartizan.admin import links as table
from bartizan.admin.links import LinkWanted, SignInLink
from bartizan.admin.route import Nothing
from bartizan.app.admin.faults import ApprovalAwaited
from bartizan.app.approvals import Approvals
from bartizan.app.people import People
from bartizan.clock import SECOND
from bartizan.http.admin.call import Bound, Call, shown


class Links:
    """Links over HTTP."""

    def __init__(self, people: People, approvals: Approvals) -> None:
        """Take who signs people in, and where another person approves."""
        self._people, self._approvals = people, approvals

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (shown(table.LINK, self.link),)

    def link(self, call: Call[LinkWanted, Nothing]) -> SignInLink:
        """Issue one."""
        caller, wanted = call.caller, self._people.person(call.body.principal)
        caller.require_owner()
        if not caller.local and not self._approvals.spend(
            caller.id, table.ACT, wanted.pseudonym, Role.OWNER.value
        ):
            raise ApprovalAwaited(Role.OWNER.value)
        token = self._people.link(wanted.id, caller.actor).reveal().decode()
        return SignInLink(f"{self._people.origin}/people/link?token={token}", LINK_LIFE // SECOND)
