"""What is counted: families of series, each with its name, its labels and, for a distribution, its bounds.

Rules of this file: a name is OpenTelemetry's, in its dotted spelling, where a semantic convention has one, and else
begins with `bartizan.`. A label's values are names out of configuration or code (`NAME`), never a client's text and
never a principal's, so that the number of series is bounded by what is configured.
Source: OpenTelemetry semantic conventions for HTTP and generative AI metrics; Prometheus exposition format 0.0.4.
"""

import enum
import re
from typing import Final

import msgspec

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}|")
"""What a label may say; it may say nothing."""


class Kind(enum.Enum):
    """How a family's numbers move: only up, either way, or as the distribution of what was observed."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Family(msgspec.Struct, frozen=True):
    """One family.

    Attributes:
        name: dotted.
        kind: how its numbers move.
        what: one sentence.
        labels: names of its labels, dotted.
        unit: `s` or `By`; empty for what is only counted.
        scale: how many of what is observed make one of the unit: nanoseconds are observed, seconds are told.
        bounds: of a distribution, in what is observed, rising; what exceeds the last has a place of its own.
    """

    name: str
    kind: Kind
    what: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    scale: int = 1
    bounds: tuple[int, ...] = ()

    @property
    def words(self) -> int:
        """How many numbers a series has: one, or one for each place and their sum."""
        return len(self.bounds) + 2 if self.kind is Kind.HISTOGRAM else 1

    @property
    def exposed(self) -> str:
        """The name in Prometheus' spelling, without what a counter ends with."""
        return f"{self.name.replace('.', '_')}{ {'s': '_seconds', 'By': '_bytes'}.get(self.unit, '') }"


class Series(msgspec.Struct, frozen=True):
    """What one series stands at.

    Attributes:
        family: that it belongs to.
        values: of the family's labels, in order.
        numbers: as many as the family has words.
    """

    family: Family
    values: tuple[str, ...]
    numbers: tuple[int, ...]
