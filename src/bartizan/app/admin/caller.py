"""Who calls the Admin API, and what nobody may do whatever the policies say.

Rules of this file: pure. Policies say who may register and who may revoke; three things no policy can give: to hand on
roles that one does not have, or to come by them as somebody else; to take an owner away without being one; and to let
somebody into the pages without being an owner.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

OWNER: Final = "owner"
"""The role that these rules leave free, and the actor that stands for whoever opens the owner's socket."""


class BeyondOnesOwn(Exception):
    """Somebody would make more of themselves, or less of an owner, than they are."""

    reason = "beyond-ones-own"


class Caller(msgspec.Struct, frozen=True):
    """Who calls.

    Attributes:
        actor: in the record: `owner`, or a principal's pseudonym.
        roles: that they have.
        id: of the principal; empty for whoever opens the owner's socket.
        local: whether they came over the owner's socket.
        nonce: what their next proof must hold, where they prove what their token is bound to; else empty.
        agent: pseudonym of whoever acts for them; empty where nobody does.
    """

    actor: str
    roles: tuple[str, ...]
    id: str = ""
    local: bool = False
    nonce: str = ""
    agent: str = ""

    @property
    def hand(self) -> str:
        """By whose hand the call is made: what one did for somebody is not what another did, nor they themselves."""
        return f"{self.actor} {self.agent}" if self.agent else self.actor

    def require_given(self, roles: Iterable[str]) -> None:
        """Let roles be given that the caller has, or be come by: whoever sets somebody's credentials can be them.

        Raises:
            BeyondOnesOwn: there is another among them.
        """
        if OWNER not in self.roles and not set(roles) <= set(self.roles):
            raise BeyondOnesOwn("nobody but an owner gives, or comes by, a role that they do not have")

    def require_owner(self) -> None:
        """Let happen what concerns owners too.

        Raises:
            BeyondOnesOwn: the caller is none.
        """
        if OWNER not in self.roles:
            raise BeyondOnesOwn("nobody but an owner does this")

    def require_over(self, roles: Iterable[str]) -> None:
        """Let somebody with these roles be changed.

        Raises:
            BeyondOnesOwn: it is an owner, and the caller is none.
        """
        if OWNER in roles and OWNER not in self.roles:
            raise BeyondOnesOwn("nobody but an owner changes an owner, or takes one away")


THE_OWNER: Final = Caller(OWNER, (OWNER,), local=True)
"""Whoever opens the owner's socket: the same user, or root, by the kernel's word."""
