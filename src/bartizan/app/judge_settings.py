"""`[judge]`: verdicts of the guard for programs that call models by another way."""

from collections.abc import Iterator

import msgspec

from bartizan.app.forms import Rate
from bartizan.app.service_settings import Binding
from bartizan.config_form import Fault


class JudgeLimits(msgspec.Struct, frozen=True):
    """How often one principal may ask. What it may cost is the guard's own budget."""

    requests_per_minute: Rate = 600


class Judge(msgspec.Struct, frozen=True):
    """Whether there are verdicts at `/v1/judge`; then the inspector runs, whether a service has a guard or not.

    Attributes:
        enabled: whether.
        binding: of tokens; None is required, but for a platform that listens on loopback alone.
        limits: of one principal.
    """

    enabled: bool = False
    binding: Binding | None = None
    limits: JudgeLimits = JudgeLimits()


def verdicts(judge: Judge, *, loopback: bool) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse; `loopback` is where the gateway listens."""
    if judge != Judge() and not judge.enabled:
        yield Fault(("judge", "enabled"), "must be true for the rest of the section to mean anything")
    if judge.binding is Binding.OPTIONAL and not loopback:
        yield Fault(("judge", "binding"), 'may be "optional" only where `listen` is a loopback address')
