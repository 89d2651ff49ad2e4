"""Tokens: one function a route."""

from bartizan.access.issue.mint import Issued
from bartizan.admin import tokens as table
from bartizan.admin.forms import InForce, Page, Paged
from bartizan.admin.route import Nothing
from bartizan.admin.tokens import RevokedToken, Token, TokenWanted
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.control import Registrar
from bartizan.http.admin.call import Bound, Call, done, shown


class Tokens:
    """Tokens over HTTP."""

    def __init__(self, registrar: Registrar, cursors: Cursors) -> None:
        """Take who issues and refuses them."""
        self._registrar, self._cursors = registrar, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.ISSUE, self.issue),
            shown(table.LIST, self.list),
            done(table.REVOKE, self.revoke),
        )

    def issue(self, call: Call[TokenWanted, Nothing]) -> Token:
        """Issue one of the owner's or the drill's."""
        wanted = call.body
        return _token(
            self._registrar.owners_token(wanted.principal, wanted.audience, wanted.seconds, wanted.key)
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[RevokedToken]:
        """Return a page of those that are refused."""
        revoked = [RevokedToken(*pair) for pair in self._registrar.revoked_tokens().items()]
        return self._cursors.page(
            table.LIST.name, call.query, following(revoked, lambda each: each.id), lambda each: each.id
        )

    async def revoke(self, call: Call[Nothing, Nothing]) -> InForce:
        """Refuse one."""
        return InForce(await self._registrar.revoke_token(call.segments["token"], call.caller.actor))


def _token(issued: Issued) -> Token:
    return Token(issued.token, issued.seconds, issued.id, "DPoP" if issued.bound else "Bearer")
