"""`bartizan.step` in somebody's program: it records what was done, waits where nobody takes it, and loses nothing in silence."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bartizan
from bartizan.app.folder import Folder
from bartizan.app.provenance import answer, recorder, waiting
from bartizan.app.provenance.lineage import lineage
from bartizan.app.provenance.recorder import Recorder
from bartizan.supply.provenance.step import Step, StepRefused


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part").write_bytes(b"rows")
    (tmp_path / "train.py").write_bytes(b"fit()")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(step: Recorder) -> None:
    with step:
        step.material("data", kind="data-set")
        step.material(Path("train.py"), kind="code")
        Path("model.bin").write_bytes(b"weights")
        step.product("model.bin", kind="model")


def kept(folder: Path) -> list[Step]:
    return [waiting.noted(file).step for file in waiting.files(folder)]


def test_a_step_is_on_record_once_its_block_was_left(here: Path) -> None:
    with bartizan.step("ingest", state=here / "state") as ingest:
        ingest.product("data", kind="data-set")
        ingest.product("train.py", kind="code")
    assert ingest.on_record()
    step = bartizan.step("train", state="state")
    train(step)
    assert step.on_record()
    folder = Folder(here / "state")
    of = lineage(folder)
    (entry,) = [row for row in of.entries(of.graph.entries) if row.event.detail["step"] == step.id]
    digest = of.entries([entry.index - 1])[0].event.detail["digest"]
    told = answer.story(of, str(digest))
    assert told.sound
    assert (told.artifact.name, told.artifact.kinds, told.above) == ("model.bin", ("model",), 2)


def test_where_no_platform_is_near_steps_are_kept_and_handed_over_later(here: Path) -> None:
    step = recorder.recorder("train", keep="box")
    train(step)
    assert not step.on_record()
    assert [one.id for one in kept(here / "box")] == [step.id]
    assert waiting.hand_over(Folder(here / "state"), here / "box").steps == (step.id,)


def test_a_record_that_takes_nothing_loses_nothing_and_it_is_said(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = here / "state"
    state.mkdir()
    (state / "somebodys").touch()  # a folder that Bartizan does not take
    step = recorder.recorder("train", state=state)
    with caplog.at_level(logging.WARNING):
        train(step)
        assert not step.on_record()
    assert "not on record yet" in caplog.text
    assert "hand-over" in caplog.text
    assert [one.id for one in kept(state / "provenance" / "waiting")] == [step.id]
    (state / "somebodys").unlink()
    again = recorder.recorder("train", state=state)  # the next one takes it along
    train(again)
    assert again.on_record()
    assert step.on_record()


def changed(step: Recorder, data: Path) -> None:
    with step:
        step.material("data", kind="data-set")
        named = step._materials[0].reading
        assert named is not None
        named.result()
        data.write_bytes(b"other")
        step.product("train.py", kind="model")


def test_what_changed_while_it_was_used_is_refused(here: Path) -> None:
    step = recorder.recorder("train", keep="box")
    with pytest.raises(StepRefused, match="changed while"):
        changed(step, here / "data" / "part")
    assert kept(here / "box") == []


def failed(step: Recorder) -> None:
    with step:
        step.material("data", kind="data-set")
        raise ZeroDivisionError


def test_a_block_that_fails_made_nothing_and_its_error_is_its_own(here: Path) -> None:
    step = recorder.recorder("train", keep="box")
    with pytest.raises(ZeroDivisionError):
        failed(step)
    assert kept(here / "box") == []
    assert not step.on_record()


@pytest.mark.parametrize(
    ("what", "kind", "why"),
    [
        ("nowhere", "model", "neither there"),
        ("data", "thing", "no such kind"),
        ("", "model", "nothing was named"),
    ],
)
def test_what_is_no_artifact_is_told_where_it_is_named(what: str, kind: str, why: str, here: Path) -> None:
    step = recorder.recorder("evaluate", keep=here / "box")
    with pytest.raises(StepRefused, match=why), step:
        step.material(what, kind=kind)
    assert kept(here / "box") == []


def unwritten(step: Recorder) -> None:
    with step:
        step.material("data", kind="data-set")
        step.product("nowhere", kind="model")


def test_a_product_that_was_never_written_is_told(here: Path) -> None:
    with pytest.raises(StepRefused, match="cannot be told"):
        unwritten(recorder.recorder("train", keep="box"))
    assert kept(here / "box") == []


def test_who_names_no_place_is_told_which_to_name() -> None:
    with pytest.raises(StepRefused, match="state=FOLDER"):
        recorder.recorder("train")
    with pytest.raises(StepRefused, match="either state= or keep="):
        recorder.recorder("train", state="a", keep="b")
    with pytest.raises(StepRefused, match="no such step"):
        recorder.recorder("melt", keep="b")


def test_a_digest_is_taken_at_somebodys_word_unless_it_was_read_too(here: Path) -> None:
    step = recorder.recorder("evaluate", keep="box")
    with step:
        step.material("0" * 64, kind="data-set")
        step.material("train.py", kind="code")
        step.material("train.py", kind="code")
    (one,) = kept(here / "box")
    assert sorted(use.seen for use in one.materials) == ["read", "told"]


def test_a_program_that_ends_at_once_still_hands_its_step_over(here: Path) -> None:
    program = "import bartizan\nwith bartizan.step('ingest', state='state') as step:\n    step.product('train.py', kind='code')\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lineage(Folder(here / "state")).graph.steps) == 1
