"""The drill of a loss ends well only where all of it is there again."""

import pytest

from bartizan.ledger import restore as restoring
from bench import recovery

pytestmark = pytest.mark.slow


def test_it_damages_restores_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    assert recovery.main(["--entries", "3000"]) == 0
    told = capsys.readouterr().out
    assert told.count("restore: ") == 4
    assert "back up and verify" in told


def test_what_does_not_come_back_is_no_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = restoring.restore

    def forgetful(*arguments: object) -> object:
        done = real(*arguments)  # type: ignore[arg-type]
        (arguments[0] / "checkpoint").unlink()  # type: ignore[operator]
        return done

    monkeypatch.setattr(recovery, "restore", forgetful)
    assert recovery.main(["--entries", "1000"]) == 3
    assert "every hash gone" in capsys.readouterr().err
