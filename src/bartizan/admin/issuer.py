"""The issuer of access tokens: the key that it signs with, and the next one."""

from typing import Final

import msgspec

from bartizan.admin.forms import Instant
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag


class Issuer(msgspec.Struct, frozen=True):
    """Id of the key that signs, of one that is published and does not sign yet, or empty, and from when it does."""

    kid: str
    next: str
    next_signs: Instant


class RotationWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the new key takes the old one's place at once, so that every token of the old one is refused."""

    at_once: bool = False


class Rotated(msgspec.Struct, frozen=True):
    """A new key of the issuer: its id, and in how many seconds it signs."""

    kid: str
    signs_in: int


READ: Final[Route[Nothing, Nothing, Issuer]] = Route(
    name="read-issuer",
    method="GET",
    path="/issuer",
    action="read-platform",
    summary="the key that access tokens are signed with, and the next one",
    answer=Issuer,
    tag=Tag.SHOWN,
)
ROTATE: Final[Route[RotationWanted, Nothing, Rotated]] = Route(
    name="rotate-issuer-key",
    method="POST",
    path="/issuer/rotations",
    action="rotate-key",
    summary="publishes a new key of the issuer, or has it take the old one's place at once",
    answer=Rotated,
    body=RotationWanted,
    status=202,
    tag=Tag.NEEDED,
    shows="read-issuer",
    repeatable=True,
    refusals=(409,),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (READ, ROTATE)
