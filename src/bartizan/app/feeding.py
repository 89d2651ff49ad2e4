"""What the feeder is told to do, and the words in which it tells what became of it."""

from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.plan import Plan
from bartizan.app.witness_plan import Witness

COSIGNED, SPLIT_VIEW, ROLLED_BACK = "cosigned", "split-view", "rolled-back"
FINDINGS: Final = frozenset({SPLIT_VIEW, ROLLED_BACK})
"""What says that the record is not what it was."""
FAILURES: Final = frozenset(
    {"unknown", "untrusted", "malformed", "unreachable", "unavailable", "forged", "damaged"}
)
WORDS: Final = FINDINGS | FAILURES | {COSIGNED}
"""What may become of a submission."""


class Feeding(msgspec.Struct, frozen=True):
    """What the feeder does.

    Attributes:
        ledger: folder of the ledger.
        witnesses: whom checkpoints are submitted to.
        quorum: how many of them must cosign.
    """

    ledger: str
    witnesses: tuple[Witness, ...]
    quorum: int


class Said(msgspec.Struct, frozen=True):
    """What became of a submission.

    Attributes:
        word: one of `WORDS`.
        size: of the tree that was submitted.
        lines: the cosignatures, where it is `COSIGNED`.
    """

    word: str
    size: int
    lines: bytes = b""


def feeding(plan: Plan) -> Feeding:
    """Return what the feeder of a plan does."""
    return Feeding(str(Path(plan.folder) / "ledger"), plan.witnesses, plan.quorum)
