"""What is timed is the copy in columns beside a writer, and it answers what the others answer."""

import re
from pathlib import Path

import pytest

from bench import queries

pytestmark = pytest.mark.slow


def test_every_question_is_answered_by_each_of_them(tmp_path: Path) -> None:
    told = queries._measured(tmp_path, 10_000)
    for name in queries.QUESTIONS:
        assert re.search(rf"^\| {re.escape(name)} .* s .*\| (met|not met) +\|$", told, re.MULTILINE), told
    assert "a request's entries, by its id" in told
