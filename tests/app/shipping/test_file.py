"""A file gets whole lines, whatever became of the one before."""

import json
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.app.plan import Connector
from bartizan.app.shipping.file import File
from bartizan.app.shipping.outcome import Later, Taken
from tests.app.shipping.ground import SOURCE
from tests.app.shipping.listeners import entries


def to(path: Path) -> File:
    return File(Connector("siem", "ocsf", "file", file=str(path)), SOURCE)


def read(path: Path) -> list[int]:
    return [json.loads(line)["metadata"]["sequence"] for line in path.read_bytes().split(b"\n")[:-1]]


def test_lines_are_appended_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    assert to(path)(entries(3)) == Taken()
    assert to(path)(entries(2, first=3)) == Taken()
    assert read(path) == [0, 1, 2, 3, 4]
    assert path.stat().st_mode & 0o777 == 0o600


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 5000))
def test_a_line_that_was_cut_anywhere_is_written_again_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "out.jsonl"
    path.unlink(missing_ok=True)
    to(path)(entries(4))
    os.truncate(path, min(cut, path.stat().st_size))
    kept = path.read_bytes().count(b"\n")
    to(path)(entries(4))
    assert read(path) == [*range(kept), 0, 1, 2, 3]


def test_one_that_is_rotated_away_begins_anew(tmp_path: Path) -> None:
    path, deliver = tmp_path / "out.jsonl", to(tmp_path / "out.jsonl")
    deliver(entries(1))
    path.rename(tmp_path / "out.jsonl.1")
    deliver(entries(1, first=1))
    assert (read(tmp_path / "out.jsonl.1"), read(path)) == ([0], [1])


def test_what_is_no_file_of_ours_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "victim").write_text("somebody else's, without an end")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    assert to(tmp_path / "pipe")(entries(1)) == Later("no-file")
    assert to(tmp_path / "link")(entries(1)) == Later("file-unwritable")
    assert to(tmp_path / "nowhere" / "out")(entries(1)) == Later("file-unwritable")
    assert to(tmp_path)(entries(1)) == Later("file-unwritable")
    assert (tmp_path / "victim").read_text() == "somebody else's, without an end"


def test_a_long_line_that_cannot_be_ours_is_ended_and_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"x" * 200_000)
    assert to(path)(entries(1)) == Taken()
    first, second = path.read_bytes().splitlines()
    assert (len(first), json.loads(second)["metadata"]["sequence"]) == (200_000, 0)


def test_a_device_is_no_file() -> None:
    assert to(Path("/dev/full"))(entries(1)) == Later("no-file")
