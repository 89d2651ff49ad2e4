"""A session that begins goes by the cookie that its browser had before."""

import hashlib

from sqlalchemy import Connection, update

from bartizan.access.people.tables import SESSION
from bartizan.app.people import People
from bartizan.crypto.secret import Secret

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    real = People._begin

    def weak(
        self: People, connection: Connection, principal: str, by: str, worth: str, before: str
    ) -> Secret:
        cookie = real(self, connection, principal, by, worth, before)
        if not before:
            return cookie
        mine = SESSION.c.digest == hashlib.sha256(cookie.reveal()).digest()
        taken = hashlib.sha256(before.encode()).digest()
        connection.execute(update(SESSION).where(mine).values(digest=taken))
        return Secret(before.encode())

    People._begin = weak  # type: ignore[method-assign]
