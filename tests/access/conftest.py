from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bartizan.access.register import prepare
from bartizan.store.engine import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """Return a real store with this room's tables."""
    engine = open_store(f"sqlite:///{tmp_path}/store.db")
    prepare(engine)
    yield engine
    engine.dispose()
