"""A refresh token stays the current one, however often it is used."""

from sqlalchemy import Connection

from bartizan.access.issue import family as families
from bartizan.access.issue.family import Family
from bartizan.clock import Nanoseconds

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(connection: Connection, family: Family, now: Nanoseconds) -> Family:
        del connection, now
        return family

    families.go_on = weak
