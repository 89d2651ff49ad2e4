"""The round over kept artifacts: what differs, and what cannot be read, is found and on record; nothing stops it."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.app import artifact_round
from bartizan.app.artifact_standing import KIND, judged
from bartizan.app.artifacts import Kept, keep, kept
from bartizan.app.folder import Folder
from bartizan.app.schedule.runs import RUNS, Status
from bartizan.clock import DAY, SECOND, Nanoseconds, SetClock
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.own import own_segment
from bartizan.supply.sign import Order, beside, sign
from tests.artifact.trees import LATE, signer, tree

NOW = Nanoseconds(1_800_000_000 * SECOND)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.make()
    return made


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what a platform is told, in place of one."""
    told: list[dict[str, Any]] = []

    class Listening:
        def __init__(self, _: Folder) -> None:
            pass

        def report(self, events: list[dict[str, Any]]) -> None:
            told.extend(events)

    monkeypatch.setattr(artifact_round, "Owner", Listening)
    return told


def made(folder: Folder, path: Path) -> Path:
    tree(path, {"a": b"1"})
    sign(path, Order(beside(path)), signer(), LATE)
    keep(folder, Kept(str(path), str(beside(path)), signer().verifier.pem().decode()))
    return path


def counts(told: list[dict[str, Any]]) -> tuple[int, int, int]:
    detail = told[-1]["detail"]
    for event in told:  # each can be on record
        Event(1, event["kind"], "owner", "", Outcome(event["outcome"]), event["control"], event["detail"])
    return detail["artifacts"], detail["differing"], detail["unread"]


def test_what_is_as_it_was_signed_is_clean(
    tmp_path: Path, folder: Folder, reported: list[dict[str, Any]]
) -> None:
    made(folder, tmp_path / "one")
    made(folder, tmp_path / "two")
    assert artifact_round.carry_out(folder) == Status.CLEAN
    assert counts(reported) == (2, 0, 0)
    assert [event["outcome"] for event in reported] == ["cleared"] * 3


def test_what_differs_or_is_gone_is_found_and_the_rest_is_read(
    tmp_path: Path, folder: Folder, reported: list[dict[str, Any]]
) -> None:
    tree(made(folder, tmp_path / "planted"), {".git/x": b""})
    made(folder, tmp_path / "gone").rename(tmp_path / "elsewhere")
    beside(made(folder, tmp_path / "unsigned")).unlink()
    beside(made(folder, tmp_path / "spoilt")).write_bytes(b"{}")
    made(folder, tmp_path / "well")
    assert artifact_round.carry_out(folder) == Status.FOUND
    assert counts(reported) == (5, 1, 3)
    assert reported[-1]["outcome"] == "found"


def test_without_any_nothing_is_wrong(folder: Folder, reported: list[dict[str, Any]]) -> None:
    assert artifact_round.carry_out(folder) == Status.CLEAN
    assert counts(reported) == (0, 0, 0)
    assert RUNS["artifacts"].acts == "bartizan.app.artifact_round:carry_out"


def test_an_artifact_is_kept_once(tmp_path: Path, folder: Folder) -> None:
    path = made(folder, tmp_path / "one")
    made(folder, path)
    assert [one.path for one in kept(folder)] == [str(path)]


# ---- how it stands ------------------------------------------------------------------------------------------
def record(folder: Folder, artifacts: int, differing: int) -> None:
    with folder.locked(), own_segment(folder.root, SetClock(NOW)) as journal:
        detail: dict[str, int | str] = {"artifacts": artifacts, "differing": differing, "unread": 0}
        journal.record(KIND, "owner", "", Outcome.FOUND if differing else Outcome.CLEARED, "", detail)
        journal.flush()


def outcomes(folder: Folder, now: int = NOW) -> list[tuple[Outcome, bool]]:
    return [(one.outcome, bool(one.why)) for one in judged(folder, Nanoseconds(now))]


def test_the_last_round_counts_for_eight_days(folder: Folder) -> None:
    assert outcomes(folder) == []
    record(folder, 0, 0)
    assert outcomes(folder) == []
    record(folder, 3, 1)
    assert outcomes(folder) == [(Outcome.FOUND, True)]
    record(folder, 3, 0)
    assert outcomes(folder, NOW + 8 * DAY) == [(Outcome.CLEARED, False)]
    assert outcomes(folder, NOW + 8 * DAY + SECOND) == [(Outcome.FOUND, True)]
