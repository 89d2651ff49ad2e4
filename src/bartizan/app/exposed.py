"""Which services policy is asked about, and as what."""

from collections.abc import Iterable

from bartizan.access.describe import Exposed
from bartizan.app.plan import CONTROL, JUDGE, SAMPLE


def exposed(services: Iterable[str]) -> tuple[Exposed, ...]:
    """Return services as policy sees them: the sample is the drill's alone once there is another to call."""
    names = tuple(services)
    configured = any(name not in {SAMPLE, CONTROL, JUDGE} for name in names)
    return tuple(Exposed(name, name == CONTROL, name == SAMPLE and configured) for name in names)
