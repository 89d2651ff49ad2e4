"""What was asked of policy, out of the record: each different question once, with how often it was let through and refused.

Rules of this file: read-only; entries that are not about policy are left out, and what cannot be asked again is counted by
why, never passed over.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan.access.controls import request_authorized
from bartizan.ledger.database import reading
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import Query, Said, events

MOST: Final = 100_000
"""Different questions that are told apart."""
ADMITTED: Final = "gateway.request.admitted"
REFUSED: Final = "gateway.request.refused"
QUANTUM_SAFE: Final = frozenset({"x25519mlkem768", "secp256r1mlkem768", "secp384r1mlkem1024"})


class Question(msgspec.Struct, frozen=True):
    """One question as the record has it.

    Attributes:
        actor: pseudonym of a principal, or of the address of whoever is anonymous.
        action, service: by name.
        quantum_safe: whether the connection's key agreement was.
        operation, tool: as the record calls them, or empty.
        agent: of whoever acted for the principal, its pseudonym's digits; or empty.
        passkey: which kind verified the person, or empty.
    """

    actor: str
    action: str
    service: str
    quantum_safe: bool
    operation: str = ""
    tool: str = ""
    agent: str = ""
    passkey: str = ""


class Count(msgspec.Struct):
    """How often a question was let through, and refused by policy."""

    admitted: int = 0
    refused: int = 0


class Traffic(msgspec.Struct, frozen=True):
    """What was asked.

    Attributes:
        counts: by question.
        left_out: requests that cannot be asked again, by why.
    """

    counts: Mapping[Question, Count]
    left_out: Mapping[str, int]

    @property
    def requests(self) -> int:
        """Return how many requests can be asked again."""
        return sum(each.admitted + each.refused for each in self.counts.values())


def traffic(ledger: Path, since: int, until: int) -> Traffic:
    """Return what was asked of policy.

    Args:
        ledger: its folder.
        since, until: instants, UTC nanoseconds: since <= at < until.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged; verify says where.
    """
    counts: dict[Question, Count] = {}
    left_out: Counter[str] = Counter()
    for said in _requests(ledger, since, until):
        question = _question(said)
        if question is None:
            left_out["recorded by a version that did not say the action"] += 1
        elif question not in counts and len(counts) >= MOST:
            left_out[f"beyond the first {MOST} different questions"] += 1
        else:
            count = counts.setdefault(question, Count())
            count.admitted += said.kind == ADMITTED
            count.refused += said.kind == REFUSED
    return Traffic(counts, left_out)


def _requests(ledger: Path, since: int, until: int) -> Iterator[Said]:
    asked = Query(since=since, until=until, kind="gateway.request")
    with reading(ledger) as connection:
        for said in events(connection, ledger, asked):
            by_policy = said.control == request_authorized.CONTROL.id
            if by_policy and said.kind in {ADMITTED, REFUSED} and said.outcome is not Outcome.FAILED:
                yield said


def _question(said: Said) -> Question | None:
    detail = said.detail
    if "action" not in detail:
        return None
    return Question(
        said.actor,
        str(detail["action"]),
        str(detail.get("service", "")),
        detail.get("group") in QUANTUM_SAFE,
        str(detail.get("operation", "")),
        str(detail.get("tool", "")),
        str(detail.get("agent", "")),
        str(detail.get("passkey", "")),
    )
