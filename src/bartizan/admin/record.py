"""The record: findings, entries of the ledger, and what the owner's own commands report."""

from typing import Annotated, Final

import msgspec

from bartizan.admin.forms import PAGE, Count, Cursor, Instant, Limit, Page, Word
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag
from bartizan.ledger.event import Outcome

MOST_EVENTS: Final = 1000
"""Events of one report."""
Who = Annotated[str, msgspec.Meta(pattern=r"\A([pqat]-[0-9a-f]{16}|[a-z][a-z0-9._-]{0,62})\Z")]
Id = Annotated[str, msgspec.Meta(max_length=64)]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the record; every part that is given must fit.

    Attributes:
        since, until: instants, UTC nanoseconds: since <= at < until.
        kind: a kind, or what kinds begin with, up to a dot: `gateway` or `gateway.request`.
        actor, subject, control, outcome: as in the entry.
        cursor, limit: as of every page.
    """

    since: Instant = 0
    until: Instant | None = None
    kind: Word | None = None
    actor: Who | None = None
    subject: Who | None = None
    control: Word | None = None
    outcome: Outcome | None = None
    cursor: Cursor | None = None
    limit: Limit = PAGE


class AskedOfFindings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings: since <= at < until, of a kind, of a control."""

    since: Instant = 0
    until: Instant | None = None
    kind: Word | None = None
    control: Word | None = None
    cursor: Cursor | None = None
    limit: Limit = PAGE


class Recorded(msgspec.Struct, frozen=True):
    """An entry of the record: what `ledger.event.Event` has, with its place in the tree.

    Attributes:
        entry: its index.
        at: UTC nanoseconds.
        kind: `room.noun.verb`.
        actor, subject: pseudonyms, or names from configuration.
        outcome: what came of it.
        control: id of the control that decided, or empty.
        detail: words of closed sets and whole numbers.
    """

    entry: Count
    at: Instant
    kind: str
    actor: str
    subject: str
    outcome: Outcome
    control: str
    detail: dict[str, int | str]


class Tree(msgspec.Struct, frozen=True):
    """The latest signed checkpoint, as a note (C2SP tlog-checkpoint), and how many entries there are by now."""

    size: Count
    checkpoint: str


class Reported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event of a report."""

    kind: Id
    outcome: Outcome
    subject: Id = ""
    control: Id = ""
    detail: dict[str, int | str] = {}


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner's command did: the drill's results, an audit's, findings of other tools."""

    events: Annotated[tuple[Reported, ...], msgspec.Meta(min_length=1, max_length=MOST_EVENTS)]


class Sequences(msgspec.Struct, frozen=True):
    """Sequence of the first and of the last record in the segment of the control process."""

    first: Count
    last: Count


FINDINGS: Final[Route[Nothing, AskedOfFindings, Page[Recorded]]] = Route(
    name="list-findings",
    method="GET",
    path="/findings",
    action="read-findings",
    summary="what was found: by the drill, by audits, by watches and by other tools, in the order of the record",
    answer=Page[Recorded],
    query=AskedOfFindings,
    refusals=(503,),
)
ENTRIES: Final[Route[Nothing, Asked, Page[Recorded]]] = Route(
    name="list-entries",
    method="GET",
    path="/ledger/entries",
    action="read-ledger",
    summary="entries of the record, in the order of the tree",
    answer=Page[Recorded],
    query=Asked,
    refusals=(503,),
)
ENTRY: Final[Route[Nothing, Nothing, Recorded]] = Route(
    name="read-entry",
    method="GET",
    path="/ledger/entries/{entry}",
    action="read-ledger",
    summary="one entry, by its index; one that was pruned is not there any more",
    answer=Recorded,
    tag=Tag.SHOWN,
    refusals=(404, 503),
)
TREE: Final[Route[Nothing, Nothing, Tree]] = Route(
    name="read-checkpoint",
    method="GET",
    path="/ledger",
    action="read-ledger",
    summary="the latest checkpoint of the tree; `ledger verify` says whether it holds",
    answer=Tree,
    refusals=(404, 503),
)
REPORT: Final[Route[Report, Nothing, Sequences]] = Route(
    name="report-events",
    method="POST",
    path="/ledger/events",
    action="report-events",
    summary="puts on record what the owner's commands did; of a closed vocabulary",
    answer=Sequences,
    body=Report,
    status=201,
    local=True,
)
ROUTES: Final[tuple[AnyRoute, ...]] = (FINDINGS, ENTRIES, ENTRY, TREE, REPORT)
