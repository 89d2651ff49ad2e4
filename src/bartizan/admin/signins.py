"""Sign-ins: how the watch over them stands, and against whom an alert is held."""

from typing import Final

import msgspec

from bartizan.admin.forms import Count, InForce, Instant, Page, Paged
from bartizan.admin.route import AnyRoute, Nothing, Route


class Standing(msgspec.Struct, frozen=True):
    """How the watch stands.

    Attributes:
        budget: alerts that a day is to have.
        learning: whether habits are still learnt, so that only broken protocols are told of.
        days: since the first sign-in that it knows.
        today: alerts of the current day; withheld: suspicions of it that were more than one stream may tell of.
        signins: that were folded since the start; keys: sources, principals and clients that are kept.
        entry: of the ledger, up to which all were.
    """

    budget: int
    learning: bool
    days: int
    today: int
    withheld: int
    signins: int
    keys: int
    entry: Count

    def differs(self, before: "Standing") -> bool:
        """Return whether people would want to know: more sign-ins of everyday alone are nothing new."""
        return (self.budget, self.learning, self.today, self.withheld) != (
            before.budget,
            before.learning,
            before.today,
            before.withheld,
        )


class Suspect(msgspec.Struct, frozen=True):
    """Somebody against whom an alert is held: pseudonym, id where it is registered, and until when, UTC nanoseconds."""

    about: str
    principal: str
    until: Instant


class Watch(msgspec.Struct, frozen=True):
    """How the watch stands; null while it has not begun."""

    standing: Standing | None


WATCH: Final[Route[Nothing, Nothing, Watch]] = Route(
    name="read-sign-in-watch",
    method="GET",
    path="/sign-ins",
    action="read-sign-ins",
    summary="how the watch over sign-ins stands",
    answer=Watch,
)
LIST: Final[Route[Nothing, Paged, Page[Suspect]]] = Route(
    name="list-suspects",
    method="GET",
    path="/sign-ins/suspects",
    action="read-sign-ins",
    summary="against whom an alert is held, in order of pseudonym",
    answer=Page[Suspect],
    query=Paged,
)
CLEAR: Final[Route[Nothing, Nothing, InForce]] = Route(
    name="clear-suspect",
    method="DELETE",
    path="/sign-ins/suspects/{about}",
    action="clear-sign-in",
    summary="holds nothing against a principal or a network any more; of whom nothing is held, nothing happens to",
    answer=InForce,
)
ROUTES: Final[tuple[AnyRoute, ...]] = (WATCH, LIST, CLEAR)
