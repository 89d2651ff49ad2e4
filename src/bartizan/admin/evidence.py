"""Evidence: what the guard found, kept sealed: which there is, opening it, and erasing it before its time."""

import enum
from typing import Annotated, Final

import msgspec

from bartizan.admin.forms import Count, Digest, Instant, Page, Paged, Pseudonym, Word
from bartizan.admin.route import AnyRoute, Nothing, Route
from bartizan.crypto.secret import Reticent

EvidenceId = Annotated[str, msgspec.Meta(pattern=r"\Ae-[0-9a-f]{16}\Z")]
RequestId = Annotated[str, msgspec.Meta(pattern=r"\Aq-[0-9a-f]{16}\Z")]


class Purpose(enum.Enum):
    """What evidence is opened for; it stands in the record, so it is a word of these."""

    TRIAGE = "triage"
    INCIDENT = "incident"
    APPEAL = "appeal"
    AUDIT = "audit"
    LEGAL = "legal"


class EvidenceKept(msgspec.Struct, frozen=True):
    """A piece of evidence, unopened.

    Attributes:
        id: that it is opened by.
        digest: SHA-256 of it and of what it is bound to, hexadecimal, as the record has it.
        service, request, principal: that it is of.
        at, until: when it was sealed, and when it goes.
        octets: of what is sealed.
    """

    id: EvidenceId
    digest: Digest
    service: Word
    request: RequestId
    principal: Pseudonym
    at: Instant
    until: Instant
    octets: Count


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it is opened for."""

    purpose: Purpose


class Excerpt(Reticent, frozen=True):
    """What stood there.

    Attributes:
        reason, rule, reading: of the finding.
        channel: whose words.
        text: what stood there, with a few letters around it.
        start, end: which of its letters (code points) are what was found; the end is not included.
        cut: whether what was found goes on beyond them.
    """

    reason: str
    rule: str
    reading: str
    channel: str
    text: str
    start: Count
    end: Count
    cut: bool


class EvidenceOpened(Reticent, frozen=True):
    """A piece of evidence, opened."""

    evidence: EvidenceKept
    excerpts: tuple[Excerpt, ...]


LIST: Final[Route[Nothing, Paged, Page[EvidenceKept]]] = Route(
    name="list-evidence",
    method="GET",
    path="/evidence",
    action="read-evidence",
    summary="what is kept of what the guard found, unopened, the oldest first",
    answer=Page[EvidenceKept],
    query=Paged,
)
OPEN: Final[Route[Opening, Nothing, EvidenceOpened]] = Route(
    name="open-evidence",
    method="POST",
    path="/evidence/{evidence}/openings",
    action="open-evidence",
    summary="opens a piece of evidence, for a purpose; both are on record before it is opened",
    answer=EvidenceOpened,
    body=Opening,
    repeatable=True,
    once=("excerpts",),
    refusals=(404, 409),
)
ERASE: Final[Route[Nothing, Nothing, EvidenceKept]] = Route(
    name="erase-evidence",
    method="DELETE",
    path="/evidence/{evidence}",
    action="erase-evidence",
    summary="deletes a piece of evidence before its time",
    answer=EvidenceKept,
    refusals=(404,),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST, OPEN, ERASE)
