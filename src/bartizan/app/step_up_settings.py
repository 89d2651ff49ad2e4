"""`step_up`: how a person must have signed in whose tokens a service, or the Admin API, takes.

Rules of this file: as of `settings.py`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from bartizan.app.target_settings import Way
from bartizan.clock import DAY, SECOND
from bartizan.config_form import Fault
from bartizan.identity.strength import ACRS, Strength


class StepUp(msgspec.Struct, frozen=True):
    """How a person must have signed in.

    Attributes:
        acr: any of these will do; none is any.
        max_age_seconds: how long ago at most; 0 is any time.
    """

    acr: Annotated[
        tuple[Literal["passkey-device-bound", "passkey-synced"], ...], msgspec.Meta(max_length=len(ACRS))
    ] = ()
    max_age_seconds: Annotated[int, msgspec.Meta(ge=0, le=DAY // SECOND)] = 0


def strength(step_up: StepUp | None) -> Strength | None:
    """Return what the gateway asks for; None where nothing is."""
    return None if step_up is None else Strength(tuple(dict.fromkeys(step_up.acr)), step_up.max_age_seconds)


def stepping(path: Way, step_up: StepUp | None) -> Iterator[Fault]:
    """Yield what no type can refuse.

    Args:
        path: of the setting.
        step_up: as it is configured.
    """
    if step_up == StepUp():
        yield Fault(path, "must say acr or max_age_seconds; leave it out to take programs' tokens as well")
