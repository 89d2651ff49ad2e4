"""The platform's log: bounded, one line a line whatever was printed, for people or as JSON."""

import json
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app import log as module
from bartizan.app.log import Log, as_json
from bartizan.clock import Nanoseconds, SetClock


def test_a_log_that_cannot_be_begun_anew_goes_on_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a file or a connection that has got the number of the old one."""
    monkeypatch.setattr(module, "_LIMIT", 10)
    log = Log(tmp_path / "log")
    log.write("worker 1", "a line that is long enough")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        log.write("worker 1", "another")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with (tmp_path / "bystander").open("wb"):
        log.write("worker 1", "a third")
    os.close(log._fd)
    assert (tmp_path / "bystander").read_bytes() == b""
    assert "a third" in (tmp_path / "log").read_text()


def test_a_log_is_two_files_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", 10_000)
    log = Log(tmp_path / "log")
    for number in range(5000):
        log.write("worker 1", f"line {number}\x1b[31m\u2028forged: line")
    os.close(log._fd)
    assert {path.name for path in tmp_path.iterdir()} == {"log", "log.old"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 21_000
    assert all(line.startswith("worker 1: ") for line in (tmp_path / "log").read_text().splitlines())


@given(said=st.text(min_size=1), number=st.integers(1, 10**6))
def test_a_line_of_json_is_one_object_with_all_that_was_said(said: str, number: int) -> None:
    line = as_json(SetClock(Nanoseconds(1_700_000_000_123_456_789)))
    told = line(f"worker {number}", said)
    assert "\n" not in told
    assert json.loads(told) == {
        "at": "2023-11-14T22:13:20.123456Z",
        "level": "error",
        "event": "printed",
        "process": "worker",
        "number": number,
        "said": said,
    }
    assert json.loads(line("supervisor", said)) | {
        "process": "supervisor",
        "number": 0,
        "event": "noted",
    } == (json.loads(line("supervisor", said)))


def test_every_line_of_a_json_log_is_an_object(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", as_json(SetClock(Nanoseconds(0))))
    log.write("worker 1", 'a "quoted"\nline\x1b[31m\u2028forged: line')
    log.write("supervisor", "it is noted")
    os.close(log._fd)
    told = [json.loads(line) for line in (tmp_path / "log").read_text().split("\n") if line]
    assert [(one["process"], one["said"]) for one in told] == [
        ("worker", 'a "quoted"'),
        ("worker", "line\x1b[31m"),
        ("worker", "forged: line"),
        ("supervisor", "it is noted"),
    ]
