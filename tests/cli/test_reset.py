"""`reset` deletes a state folder, whole and nothing else, and only when somebody meant it."""

from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.cli.command import Exit
from bartizan.cli.main import run


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Folder(tmp_path / ".bartizan")
    folder.make()
    return folder.root


def test_it_deletes_the_whole_state(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reset", "--yes"]) == Exit.CLEAN
    assert not state.exists()
    assert capsys.readouterr().out == "deleted .bartizan\n"
    assert run(["reset", "--yes"]) == Exit.CLEAN


def test_without_a_terminal_it_must_be_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reset"]) == Exit.USAGE
    assert state.exists()
    assert "say --yes" in capsys.readouterr().err


def test_it_refuses_while_a_platform_runs(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Folder(state).locked():
        assert run(["reset", "--yes"]) == Exit.USAGE
    assert state.exists()
    assert "a platform is running on" in capsys.readouterr().err


@pytest.mark.parametrize("stranger", ["notes.txt", "src", ".git"])
def test_a_folder_with_anything_else_in_it_stays(state: Path, stranger: str) -> None:
    (state / stranger).mkdir()
    assert run(["reset", "--yes"]) == Exit.USAGE
    assert (state / stranger).exists()
    assert (state / "keys").exists()


def test_what_is_no_state_folder_stays(tmp_path: Path, state: Path) -> None:
    empty, link = tmp_path / "empty", tmp_path / "link"
    empty.mkdir()
    link.symlink_to(state)
    for path in (empty, link, tmp_path):
        assert run(["reset", "--yes", "--state", str(path)]) == Exit.USAGE
        assert path.exists()
