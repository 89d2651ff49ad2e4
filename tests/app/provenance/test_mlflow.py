"""What MLflow wrote into its folders (`data/mlflow`, made by it) is imported run by run, without MLflow."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.app.provenance import mlflow
from bartizan.app.provenance.artifact import read
from bartizan.cli.command import Exit
from bartizan.cli.main import run as command
from bartizan.supply.provenance.step import Origin, Stage


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return shutil.copytree(Path(__file__).parent / "data" / "mlflow", tmp_path / "base")


def run_of(base: Path) -> Path:
    """Return the folder of the run that finished."""
    (found,) = [place.parent for place in base.glob("mlruns/*/*/inputs")]
    return found


def test_a_run_that_finished_is_a_step_and_one_that_failed_is_none(base: Path) -> None:
    found = mlflow.steps(base / "mlruns")
    assert found.refused == []
    ((one, names),) = found.steps
    assert (one.stage, one.origin) == (Stage.TRAIN, Origin.MLFLOW)
    assert {names[use.digest]: use.kind for use in one.materials} == {
        "train.csv": "data-set",
        "train.sh": "code",
    }
    assert {names[use.digest]: use.kind for use in one.products} == {"model": "model"}
    assert one.products[0].digest == read(run_of(base) / "artifacts" / "model").digest
    assert 0 < one.began <= one.ended


def meta(base: Path, place: str, before: str, after: str) -> None:
    (file,) = base.glob(f"mlruns/*/{place}")
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda base: (base / "train.csv").unlink(), "is not there"),
        (lambda base: shutil.rmtree(run_of(base) / "inputs"), "no data set was logged"),
        (lambda base: shutil.rmtree(run_of(base) / "artifacts"), "makes something"),
        (lambda base: meta(base, "datasets/*/meta.yaml", "local", "s3"), "lies elsewhere"),
        (lambda base: meta(base, "datasets/*/meta.yaml", "train.csv", "../train.csv"), "lies elsewhere"),
        (lambda base: meta(base, "datasets/*/meta.yaml", '{"uri": "train.csv"}', "[]"), "lies elsewhere"),
        (lambda base: meta(base, "datasets/*/meta.yaml", '{"uri": "train.csv"}', "{"), "does not say where"),
        (
            lambda base: (run_of(base) / "tags" / "mlflow.source.name").write_text("/etc/passwd"),
            "lies elsewhere",
        ),
        (lambda base: (run_of(base) / "meta.yaml").write_bytes(b"{"), "not understood"),
        (
            lambda base: next(run_of(base).glob("inputs/*/meta.yaml")).write_text(
                "source_type: DATASET\nsource_id: ../../x\n"
            ),
            "no data set",
        ),
    ],
)
def test_a_run_of_which_something_is_missing_is_named_and_not_imported(
    base: Path, change: Callable[[Path], object], what: str
) -> None:
    change(base)
    found = mlflow.steps(base / "mlruns")
    assert found.steps == []
    ((_, why),) = found.refused
    assert what in why


def test_paths_of_the_store_itself_may_be_absolute(base: Path) -> None:
    (run_of(base) / "tags" / "mlflow.source.name").write_text(str(base / "train.sh"))
    assert len(mlflow.steps(base / "mlruns").steps) == 1


def test_the_command_imports_and_says_what_it_left(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(["provenance", "import", "mlflow", "base/mlruns"]) == Exit.CLEAN
    assert "1 steps are on record, 0 are not" in capsys.readouterr().out
    (base / "train.csv").unlink()
    assert command(["provenance", "import", "mlflow", "base/mlruns"]) == Exit.FINDINGS
    assert "train.csv is not there" in capsys.readouterr().err
    assert command(["provenance", "import", "mlflow", "nowhere"]) == Exit.USAGE
