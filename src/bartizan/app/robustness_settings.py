"""`[service.robustness]`: how far a service has to withstand known attacks.

Rules of this file: as of `settings.py`.
"""

from typing import Annotated

import msgspec

from bartizan.threats.evaluation.report import CEILING


class Robustness(msgspec.Struct, frozen=True):
    """What an evaluation has to show.

    Attributes:
        ceiling_percent: of requests that should be refused, how many the worst attack may get answered, at most.
    """

    ceiling_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = CEILING
