"""What an application holds outlives the consent that it came of."""

from sqlalchemy import Connection

from bartizan.access.issue import consent
from bartizan.clock import Nanoseconds

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(connection: Connection, family: str, now: Nanoseconds) -> None:
        del connection, family, now

    consent.end = weak  # type: ignore[attr-defined]  # where it is called from
