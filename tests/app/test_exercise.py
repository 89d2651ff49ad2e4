"""What a drill that was killed left behind is deleted by the next one, and nothing else is."""

import os
from pathlib import Path

import pytest

from bartizan.app import exercise
from bartizan.app.folder import Folder
from bartizan.app.owner import PlatformSilent
from bartizan.clock import SECOND, Nanoseconds, SystemClock


def test_old_twins_without_a_platform_are_deleted(tmp_path: Path) -> None:
    now = SystemClock().now()
    for name in ("bartizan-twin-old", "bartizan-twin-running", "bartizan-twin-young", "somebody-elses"):
        Folder(tmp_path / name / "state").root.mkdir(parents=True)
        Folder(tmp_path / name / "state").make()
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "bartizan-twin-link").symlink_to(target)
    old = now // SECOND - 3600
    for name in ("bartizan-twin-old", "bartizan-twin-running", "somebody-elses", "target"):
        os.utime(tmp_path / name, (old, old))
    with Folder(tmp_path / "bartizan-twin-running" / "state").locked(platform=True):
        exercise._sweep(tmp_path, Nanoseconds(now))
    assert {path.name for path in tmp_path.iterdir()} == {
        "bartizan-twin-running",
        "bartizan-twin-young",
        "bartizan-twin-link",
        "somebody-elses",
        "target",
    }


@pytest.mark.slow
def test_an_attack_on_what_is_not_installed_is_refused_by_name_and_else_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercise, "available", lambda module: not module)
    with pytest.raises(exercise.PartMissing, match=r"body-undescribed .* jsonschema_rs"):
        exercise.exercise(Folder(tmp_path), ("body-undescribed",))
    with pytest.raises(PlatformSilent):  # it goes on to look for the platform
        exercise.exercise(Folder(tmp_path), ("gateway.input-valid",))
