"""A platform that does not come up says why, in its own words."""

import os
from pathlib import Path

import pytest

from bench import newcomer
from bench.newcomer import NotUp


def test_a_step_that_ends_at_once_is_told_in_its_own_words(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "Makefile").write_text("up:\n\t@echo a port is taken; exit 1\n")
    with pytest.raises(NotUp, match="a port is taken"):
        newcomer._up(clone, {**os.environ})
