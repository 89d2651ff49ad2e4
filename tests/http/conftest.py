from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.platform import Control


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    """Return a control process that serves."""
    with Control(tmp_path / ".bartizan") as running:
        yield running
