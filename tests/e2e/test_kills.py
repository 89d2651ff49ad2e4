"""Ten processes killed at random moments under load; `python -m bench.kills` kills two hundred."""

import random
from pathlib import Path

import pytest

from bench.kills import Wanted, campaign

pytestmark = pytest.mark.slow


def test_no_admitted_request_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    came = campaign(tmp_path, Wanted(10, each=False), random.Random(seed))  # noqa: S311 - which moments, not which keys
    assert sum(came.killed.values()) > 5, seed
    assert came.answered > 500, seed
    assert came.recorded >= came.answered, seed
    assert came.descriptors[1] <= came.descriptors[0], seed
