"""What DVC 3 wrote (`data/dvc`, made by it) is imported by what the files are, and by nothing that anybody can forge."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.app.provenance import answer, dvc, waiting
from bartizan.app.provenance.artifact import read
from bartizan.app.provenance.lineage import lineage
from bartizan.supply.provenance.step import Stage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(Path(__file__).parent / "data" / "dvc", tmp_path / "repository")


def test_a_repository_gives_a_history_that_is_closed_where_all_that_went_in_came_in(
    folder: Path, tmp_path: Path
) -> None:
    found = dvc.steps(folder)
    assert found.refused == []
    assert [one.stage for one, _ in found.steps] == [Stage.INGEST, Stage.TRAIN, Stage.INGEST]
    state = Folder(tmp_path / "state")
    for one, names in found.steps:
        waiting.keep(state.waiting_steps, one, names)
    waiting.hand_over(state, state.waiting_steps)
    told = answer.story(lineage(state), read(folder / "model.bin").digest)
    assert (told.artifact.name, told.artifact.kinds, told.above) == ("model.bin", ("model",), 3)
    assert told.unmade == (read(folder / "train.sh").digest,)  # nobody says where the program comes from
    assert {told.artifacts[each].name for each in told.origins} == {"data", "train.csv"}


def test_what_is_imported_twice_is_the_same_step(folder: Path) -> None:
    assert [one.id for one, _ in dvc.steps(folder).steps] == [one.id for one, _ in dvc.steps(folder).steps]


def elsewhere(folder: Path, name: str) -> None:
    text = (folder / "dvc.lock").read_text()
    (folder / "dvc.lock").write_text(text.replace("path: train.csv", f"path: {name}"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda folder: (folder / "train.csv").write_bytes(b"x,y\n"), "not what DVC knows it by"),
        (lambda folder: (folder / "data" / "z").write_bytes(b"3"), "not what DVC knows it by"),
        (lambda folder: (folder / "data" / "x").unlink(), "not what DVC knows it by"),
        (lambda folder: (folder / "train.csv").unlink(), "is not there"),
        (lambda folder: elsewhere(folder, "../repository/train.csv"), "lies elsewhere"),
        (lambda folder: elsewhere(folder, "/etc/passwd"), "lies elsewhere"),
        (lambda folder: elsewhere(folder, "s3://bucket/train.csv"), "lies elsewhere"),
        (lambda folder: elsewhere(folder, "[1, 2]"), "without a name"),
        (
            lambda folder: (
                (folder / "train.csv").rename(folder / "t") and (folder / "train.csv").symlink_to("t")
            ),
            "behind a link",
        ),
    ],
)
def test_a_stage_of_which_something_is_not_what_it_was_is_not_imported(
    folder: Path, change: Callable[[Path], object], what: str
) -> None:
    change(folder)
    found = dvc.steps(folder)
    assert Stage.TRAIN not in [one.stage for one, _ in found.steps]
    assert any(name == "dvc.lock: train" and what in why for name, why in found.refused), found.refused


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff",
        b"[1]",
        b"{",
        b"a: &a [*a]",
        b"stages: {a: 1, a: 2}",
        b"!!python/object/apply:os.system [id]",
        b" " * (2 << 20),
        b"- " * 5000,
    ],
)
def test_a_file_that_is_not_dvcs_is_named(folder: Path, octets: bytes) -> None:
    (folder / "dvc.lock").write_bytes(octets)
    (folder / "more.dvc").write_bytes(octets)
    found = dvc.steps(folder)
    assert {name for name, _ in found.refused} == {"dvc.lock", "more.dvc"}
    assert len(found.steps) == 2
