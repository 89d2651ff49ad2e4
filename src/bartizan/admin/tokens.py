"""Access tokens: the owner's own, and which are refused."""

from typing import Annotated, Final, Literal

import msgspec
from typing_extensions import override

from bartizan.admin.forms import InForce, Instant, Page, Paged, PrincipalId, Thumbprint
from bartizan.admin.route import AnyRoute, Nothing, Route

LONGEST_S: Final = 600
"""Life of a token, seconds, at most."""


class TokenWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token of the owner or of one of the drill's principals; `key` is what it is to be bound to, where it is."""

    principal: PrincipalId = "user.owner"
    audience: Literal["bartizan:gateway", "bartizan:control"] = "bartizan:gateway"
    seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_S)] = LONGEST_S
    key: Thumbprint = ""


class Token(msgspec.Struct, frozen=True):
    """An access token: a secret of `expires_in` seconds; `id` may stand in the record."""

    access_token: str
    expires_in: int
    id: str
    token_type: Literal["Bearer", "DPoP"] = "Bearer"  # noqa: S105 - a kind

    @override
    def __repr__(self) -> str:
        """Return the id only."""
        return f"Token({self.id!r}, …)"


class RevokedToken(msgspec.Struct, frozen=True):
    """A token that is refused, until it is expired anyway at `until`."""

    id: str
    until: Instant


ISSUE: Final[Route[TokenWanted, Nothing, Token]] = Route(
    name="issue-token",
    method="POST",
    path="/tokens",
    action="issue-token",
    summary="issues a token of the owner or of one of the drill's principals",
    answer=Token,
    body=TokenWanted,
    once=("access_token",),
    local=True,
)
LIST: Final[Route[Nothing, Paged, Page[RevokedToken]]] = Route(
    name="list-revoked-tokens",
    method="GET",
    path="/tokens/revoked",
    action="read-tokens",
    summary="tokens that were revoked and are not expired yet, in order of id",
    answer=Page[RevokedToken],
    query=Paged,
)
REVOKE: Final[Route[Nothing, Nothing, InForce]] = Route(
    name="revoke-token",
    method="PUT",
    path="/tokens/{token}/revocation",
    action="revoke-token",
    summary="refuses one token, by its `jti`, in every worker when this is answered",
    answer=InForce,
)
ROUTES: Final[tuple[AnyRoute, ...]] = (ISSUE, LIST, REVOKE)
