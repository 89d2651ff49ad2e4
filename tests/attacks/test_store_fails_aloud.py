"""An adversary who fills the disk, or makes the store fail otherwise, and reads the log."""

import logging
import secrets
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bartizan.access import register as people
from bartizan.access.issue.credentials import give_secret
from bartizan.access.tables import METADATA
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Kind
from bartizan.store.engine import open_store


def test_a_store_that_fails_tells_no_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    METADATA.create_all(store)
    drawn: list[bytes] = []

    def random(octets: int) -> bytes:
        drawn.append(secrets.token_bytes(octets))
        return drawn[-1]

    with pytest.raises(SQLAlchemyError) as fault, store.begin() as connection:  # noqa: PT012 - which of many fails
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # there is no room left
        for number in range(2000):
            person = people.register(connection, Kind.WORKLOAD, f"w{number}", (), Nanoseconds(0), random)
            give_secret(connection, person, random)
    logging.getLogger("x").error("it failed", exc_info=fault.value)
    said = caplog.text + str(fault.value)
    assert "INSERT" in said
    assert not [octets for octets in drawn if repr(octets)[2:-1] in said or octets.hex() in said]
    store.dispose()
