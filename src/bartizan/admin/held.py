"""Requests that a guard holds: which there are, and letting one go on, once, or never."""

import enum
from typing import Final

import msgspec

from bartizan.admin.evidence import Purpose, RequestId
from bartizan.admin.forms import Instant, Page, Paged, Pseudonym, Word
from bartizan.admin.route import AnyRoute, Nothing, Route


class State(enum.Enum):
    """How a request stands: it waits, may be sent once more, was sent so, or may not."""

    OPEN = "open"
    APPROVED = "approved"
    USED = "used"
    DENIED = "denied"


class HeldRequest(msgspec.Struct, frozen=True):
    """A request that is held; nothing of it is kept but its tag.

    Attributes:
        request: its id.
        principal: pseudonym of who sent it, who alone may send it once more.
        service, reason: that it was for, and the detector's word.
        at, expires: when it was sent, and until when all of it stands.
        state: how it stands.
    """

    request: RequestId
    principal: Pseudonym
    service: Word
    reason: Word
    at: Instant
    expires: Instant
    state: State


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether it may go on, once, and what that is decided for."""

    release: bool
    purpose: Purpose


LIST: Final[Route[Nothing, Paged, Page[HeldRequest]]] = Route(
    name="list-held",
    method="GET",
    path="/held",
    action="read-held",
    summary="requests that a guard holds, or that were answered and are not over, by id",
    answer=Page[HeldRequest],
    query=Paged,
)
DECIDE: Final[Route[Decision, Nothing, HeldRequest]] = Route(
    name="decide-held",
    method="PUT",
    path="/held/{request}/decision",
    action="decide-held",
    summary="lets whoever sent a held request send exactly that once more, or not; a person's alone, and nobody's of their own",
    answer=HeldRequest,
    body=Decision,
    refusals=(404, 409),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST, DECIDE)
