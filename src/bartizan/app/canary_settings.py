"""`[[canary]]`: marks in a team's documents that are told wherever they turn up.

Rules of this file: what stands here says nothing of a mark, so that whoever reads the file can neither write it nor take it for what they look
for. `bartizan canary make` prints both.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from bartizan.app.forms import ServiceName
from bartizan.config_form import Fault

Digest = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[0-9a-f]{64}\Z",
        description="64 lower-case hexadecimal digits, as `bartizan canary make` prints them",
    ),
]
MOST = 1_024
"""Marks of one platform."""


class Canary(msgspec.Struct, frozen=True):
    """A mark that a team has put into documents.

    Attributes:
        name: in findings and in the record.
        digest: of the mark (`text.mark.digest`).
    """

    name: ServiceName
    digest: Digest


def registering(canaries: Sequence[Canary]) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    if len(canaries) > MOST:
        yield Fault(("canary", MOST), f"is one too many: {MOST} marks are told at most")
    for field in ("name", "digest"):
        seen: dict[str, int] = {}
        for position, one in enumerate(canaries):
            first = seen.setdefault(getattr(one, field), position)
            if first != position:
                yield Fault(
                    ("canary", position, field), f"is the {field} of canary[{first}] already; take another"
                )
