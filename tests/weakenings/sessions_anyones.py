"""A session is ended for whoever names it."""

from sqlalchemy import Connection, delete

from bartizan.access.people import session as sessions
from bartizan.access.people.tables import SESSION

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(connection: Connection, principal: str, session: str) -> None:
        del principal
        connection.execute(delete(SESSION).where(SESSION.c.id == session))

    sessions.end = weak
