"""Links by which people sign in: one function a route."""

from bartizan.access.people.once import LINK_LIFE
from bartizan.admin import links as table
from bartizan.admin.links import LinkWanted, SignInLink
from bartizan.admin.route import Nothing
from bartizan.app.people import People
from bartizan.clock import SECOND
from bartizan.http.admin.call import Bound, Call, shown


class Links:
    """Links over HTTP."""

    def __init__(self, people: People) -> None:
        """Take who signs people in."""
        self._people = people

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (shown(table.LINK, self.link),)

    def link(self, call: Call[LinkWanted, Nothing]) -> SignInLink:
        """Issue one."""
        token = self._people.link(call.body.principal).reveal().decode()
        return SignInLink(f"{self._people.origin}/people/link?token={token}", LINK_LIFE // SECOND)
