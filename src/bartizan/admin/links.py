"""Links by which people sign in at the platform's own pages."""

from typing import Final

import msgspec
from typing_extensions import override

from bartizan.admin.forms import PrincipalId
from bartizan.admin.route import AnyRoute, Nothing, Route

ACT: Final = "issue-link"
"""What another owner approves, where it is asked for over the network."""


class LinkWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the link is to sign in."""

    principal: PrincipalId = "user.owner"


class SignInLink(msgspec.Struct, frozen=True):
    """A link that signs a person in once: a secret of `seconds` seconds."""

    url: str
    seconds: int

    @override
    def __repr__(self) -> str:
        """Return its life only."""
        return f"SignInLink(…, {self.seconds})"


LINK: Final[Route[LinkWanted, Nothing, SignInLink]] = Route(
    name="issue-link",
    method="POST",
    path="/sign-in-links",
    action=ACT,
    summary="issues a link that signs a person in once, within a minute; over the network once another owner has approved it",
    answer=SignInLink,
    body=LinkWanted,
    status=201,
    repeatable=True,
    once=("url",),
    refusals=(404, 409),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LINK,)
