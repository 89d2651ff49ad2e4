"""What is timed did what it should: of anything else there is no figure."""

import sys

import pytest

from bench import sign


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(sign.NotMeasured, match="ended with 3"):
        sign._run(sys.executable, "-c", "raise SystemExit(3)")
    assert sign._run(sys.executable, "-c", "").cpu > 0
