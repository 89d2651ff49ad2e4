from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.scene import Scene, standing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Yield the pages with two people."""
    with standing(tmp_path) as found:
        yield found
