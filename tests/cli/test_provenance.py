"""`bartizan provenance`, as somebody uses it where no platform runs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from tests.artifact.trees import tree


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    tree(
        folder,
        {"train.csv": b"a,b", "train.py": b"fit()", "model/w": b"weights", "model/.git/config": b"[core]"},
    )
    monkeypatch.chdir(folder)
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str, code: Exit = Exit.CLEAN) -> dict[str, Any]:
    """Return the document that a command prints."""
    capsys.readouterr()
    assert run(["provenance", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def record(stage: str, *words: str) -> None:
    assert run(["provenance", "record", stage, *words]) == Exit.CLEAN


def trained() -> None:
    record("ingest", "--product", "data-set:train.csv")
    record("ingest", "--product", "code:train.py")
    record(
        "train", "--material", "data-set:train.csv", "--material", "code:train.py", "--product", "model:model"
    )
    record("deploy", "--material", "model:model")


def test_which_deployed_models_descend_from_a_data_set_and_why_one_may_be_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    trained()
    below = said(capsys, "descendants", "train.csv", "--deployed", "--kind", "model")
    (one,) = below["found"]
    assert (one["artifact"]["name"], one["sound"]) == ("model", True)
    why = said(capsys, "why", "model")
    assert [step["stage"] for step in why["steps"]] == ["train", "ingest", "ingest"]
    assert [step["stage"] for step in why["judged"]] == ["deploy"]
    assert (why["complete"], why["above"], len(why["origins"])) == (True, 2, 2)
    assert said(capsys, "why", why["artifact"]["digest"]) == why
    assert said(capsys, "check")["models"][0]["sound"]


def test_what_is_revoked_is_told_of_all_that_hangs_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    trained()
    found = said(capsys, "revoke", "train.csv", "--reason", "personal-data", code=Exit.FINDINGS)
    assert (found["descendants"], len(found["deployed"])) == (1, 1)
    assert said(capsys, "why", "model", code=Exit.FINDINGS)["revoked"] == [found["digest"]]
    assert said(capsys, "check", code=Exit.FINDINGS)["revoked"] == 1
    assert said(capsys, "descendants", "train.csv", code=Exit.FINDINGS)["artifact"]["revoked"]
    said(capsys, "reinstate", found["digest"])
    assert said(capsys, "why", "model")["sound"]
    said(capsys, "revoke", "sha256:" + found["digest"], "--reason", "mistake", code=Exit.FINDINGS)
    said(capsys, "retire", "model")
    assert said(capsys, "check")["deployed"] == 0


def test_the_missing_link_is_named(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    record("train", "--material", "data-set:train.csv", "--product", "model:model")
    capsys.readouterr()
    assert run(["provenance", "why", "model"]) == Exit.FINDINGS
    digest = hashlib.sha256((here / "train.csv").read_bytes()).hexdigest()
    assert f"not known: {digest[:12]} (train.csv) went in" in capsys.readouterr().out


def test_what_was_scanned_is_told_of_the_files_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    trained()
    run(["scan", "--record", "model"])
    why = said(capsys, "why", "model")
    assert {fact["kind"] for fact in why["facts"]} == {"supply.artifact.scanned"}
    assert {fact["digest"] for fact in why["facts"]} == {
        hashlib.sha256(octets).hexdigest() for octets in (b"weights", b"[core]")
    }


def test_what_the_record_does_not_have_is_not_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    assert not said(capsys, "why", "model", code=Exit.UNEVALUATED)["known"]
    assert not said(capsys, "descendants", "0" * 64, code=Exit.UNEVALUATED)["known"]
    assert run(["provenance", "why", "model"]) == Exit.UNEVALUATED
    assert "nothing of it is on record" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["record", "train", "--product", "model:model"], "name a material"),
        (["record", "ingest", "--product", "model"], "say what it is"),
        (["record", "ingest", "--product", "model:nowhere"], "neither there nor a SHA-256"),
        (["why", "0" * 63], "neither there nor a SHA-256"),
        (["record", "melt", "--product", "model:model"], "invalid choice"),
        (["revoke", "model", "--reason", "bad"], "invalid choice"),
        (
            ["record", "transform", "--material", "model:model", "--product", "model:model"],
            "both material and product",
        ),
    ],
)
def test_what_is_no_question_is_refused_with_what_to_do(
    words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["provenance", *words]) == Exit.USAGE
    assert what in capsys.readouterr().err


def test_the_lines_for_people_say_what_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    trained()
    run(["provenance", "revoke", "train.csv", "--reason", "poisoned"])
    capsys.readouterr()
    for words, wanted in (
        (
            ["why", "model"],
            [
                "complete: the 2 artifacts",
                "revoked:",
                "train by owner, command",
                "deploy by owner",
                "tainted found",
            ],
        ),
        (
            ["descendants", "train.csv"],
            ["1 artifacts descend from it, 1 of them deployed", "NOT SOUND", "train made"],
        ),
        (
            ["check"],
            [
                "NOT SOUND",
                "revoked:",
                "1 models are deployed: 0 with an open history, 1 from what was revoked",
            ],
        ),
    ):
        assert run(["provenance", *words]) == Exit.FINDINGS
        out = capsys.readouterr().out
        assert all(each in out for each in wanted), out


def test_files_that_are_no_steps_are_named_when_steps_are_handed_over(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "box").mkdir()
    (here / "box" / "x.step.json").write_bytes(b"{}")
    assert said(capsys, "hand-over", "box", code=Exit.FINDINGS)["steps"] == []
