"""How the watch over sign-ins stands, as the owner is told it."""

import msgspec


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
    entry: int

    def differs(self, before: "Standing") -> bool:
        """Return whether people would want to know: more sign-ins of everyday alone are nothing new."""
        return (self.budget, self.learning, self.today, self.withheld) != (
            before.budget,
            before.learning,
            before.today,
            before.withheld,
        )
