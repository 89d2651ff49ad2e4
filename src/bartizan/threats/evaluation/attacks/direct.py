"""The request as it is: what every other attack is measured against."""

from bartizan.threats.evaluation.attack import Attack, Attempt
from bartizan.threats.evaluation.draw import Draw


def attempts(request: str, _draw: Draw, _tries: int) -> tuple[Attempt, ...]:
    """Return the request alone."""
    return (Attempt((request,)),)


ATTACK = Attack(
    name="direct",
    about="the request as it is",
    source="Mazeika et al. 2024, HarmBench, baseline `direct request`",
    attempts=attempts,
)
