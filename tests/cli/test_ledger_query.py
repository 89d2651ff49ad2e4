"""Asking the record at the command line: what may be asked, how the answers look, and how following ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.ledger_query import instant
from bartizan.cli.main import run
from bartizan.clock import SECOND, SetClock, SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment

COMMAND = str(Path(sys.executable).with_name("bartizan"))
ACTORS = ("p-" + "1" * 16, "p-" + "2" * 16)
HOUR = 3600 * SECOND
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder with answers of two principals, in two hours, in its ledger."""
    state, clock = tmp_path_factory.mktemp("state"), SetClock(1_800_000_000 * SECOND)
    with own_segment(state, clock) as journal:
        for number in range(8):
            clock.at += HOUR // 4
            detail: dict[str, int | str] = {"status": 200 + 302 * (number == 7), "micros": 100 * number}
            outcome = Outcome.FAILED if number == 7 else Outcome.DONE
            journal.record(
                "gateway.request.completed", ACTORS[number % 2], f"q-{number:016x}", outcome, "", detail
            )
    return state


@pytest.fixture
def ask(state: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*words: str) -> tuple[int, str, str]:
        code = run(["ledger", "query", "--state", str(state), *words])
        return code, *capsys.readouterr()

    return asked


def entries(text: str) -> list[int]:
    return [int(one["entry"]) for one in json.loads(text)]


def test_entries_between_two_instants_of_one_actor(ask: Ask) -> None:
    code, out, _ = ask(
        "--since", "2027-01-15T08:30", "--until", "2027-01-15T09:30", "--actor", ACTORS[0], "--json"
    )
    assert code == Exit.CLEAN
    told = json.loads(out)
    assert [one["actor"] for one in told] == [ACTORS[0]] * len(told)
    assert [one["subject"][-1] for one in told] == ["2", "4"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2027-01-15T08:00:00.250001", 1_800_000_000_250_001_000),
        ("2027-01-15T10:00:00.5+02:00", 1_800_000_000_500_000_000),
        ("2027-01-15", 1_799_971_200_000_000_000),
        ("1969-12-31T23:59:59.9", 0),
        ("9999-12-31", 2**63 - 1),
    ],
)
def test_a_date_is_an_instant_to_its_last_digit(given: str, expected: int) -> None:
    assert instant(given) == expected


def test_from_an_entry_on_the_oldest_come_first(ask: Ask) -> None:
    assert entries(ask("--limit", "3", "--json")[1]) == [7, 8, 9]
    assert entries(ask("--first", "2", "--limit", "3", "--json")[1]) == [2, 3, 4]
    assert ask("--first", "99")[2] == "no entry is like that\n"


def test_counts_are_a_table_for_people_and_a_document_for_scripts(ask: Ask) -> None:
    words = ("--kind", "gateway", "--count-by", "outcome,status", "--bucket", "1h", "--measure", "micros")
    code, out, _ = ask(*words)
    lines = [line.split() for line in out.splitlines()]
    assert code == Exit.CLEAN
    assert lines[0] == [
        "FROM",
        "OUTCOME",
        "STATUS",
        "ENTRIES",
        "MICROS",
        "LEAST",
        "P50",
        "P95",
        "P99",
        "MOST",
        "TOTAL",
    ]
    assert lines[1] == ["2027-01-15", "08:00", "done", "200", "3", "0", "100", "200", "200", "200", "300"]
    assert lines[-1] == [
        "2027-01-15",
        "10:00",
        "failed",
        "502",
        "1",
        "700",
        "700",
        "700",
        "700",
        "700",
        "700",
    ]
    told = json.loads(ask(*words, "--json")[1])
    assert (told["entries"], told["more"], told["source"]) == (10, False, "tree")
    assert told["rows"][0]["measured"] == {
        "count": 3, "total": 300, "least": 0, "most": 200, "p50": 100, "p95": 200, "p99": 200,
    }  # fmt: skip


def test_rows_that_are_not_shown_are_said(ask: Ask) -> None:
    _, out, err = ask("--count-by", "subject", "--limit", "2")
    assert len(out.splitlines()) == 3
    assert "more than 2 rows" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--count-by", "stats"], "did you mean status?"),
        (["--count-by", "prompt"], "such as kind, actor, subject, outcome, control"),
        (["--count-by", "kind,kind"], "each once"),
        (["--count-by", "kind,actor,outcome,control,status"], "up to 4 fields"),
        (["--count-by", ""], "there is no field ''"),
        (["--count-by", "content"], "there is no field 'content'"),
        (["--measure", "micros"], "--measure says how --count-by counts"),
        (["--bucket", "1h"], "--bucket says how --count-by counts"),
        (["--count-by", "kind", "--measure", "reason"], "there is no field 'reason'"),
        (["--count-by", "kind", "--bucket", "7h"], "invalid choice"),
        (["--count-by", "kind", "--follow"], "--follow shows entries as they come"),
        (["--since", "2h", "--until", "3h"], "--until is not after --since"),
        (["--until", "tomorrow"], "a span such as 2h"),
        (["--first", "-1"], "a whole number"),
        (["--first", "1e3"], "a whole number"),
        (["--actor", "a\nb"], "characters that print"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(ask: Ask, words: list[str], said: str) -> None:
    code, out, err = ask(*words)
    assert (code, out) == (Exit.USAGE, "")
    assert said in err


@contextmanager
def following(state: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [COMMAND, "ledger", "query", "--state", str(state), "--follow", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def revoke(state: Path, token: str) -> None:
    with own_segment(state, SystemClock()) as journal:
        journal.record("access.token.revoked", "owner", token, Outcome.DONE)


@pytest.mark.slow
def test_who_follows_gets_each_entry_as_a_line_until_ctrl_c(tmp_path: Path) -> None:
    tokens = [f"t-{number:016x}" for number in range(3)]
    revoke(tmp_path, tokens[0])
    with following(tmp_path, "--json", "--kind", "access") as process:
        assert json.loads(said(process))["subject"] == tokens[0]
        for token in tokens[1:]:  # each comes with a sealer of its own: who follows does not notice
            revoke(tmp_path, token)
            assert json.loads(said(process))["subject"] == token
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == Exit.INTERRUPTED
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_who_follows_ends_when_nobody_reads_any_more(tmp_path: Path) -> None:
    revoke(tmp_path, "t-" + "0" * 16)
    reads, writes = os.pipe()
    command = [COMMAND, "ledger", "query", "--state", str(tmp_path), "--follow"]
    with subprocess.Popen(command, stdout=writes) as process:
        os.close(writes)
        assert os.read(reads, 9).startswith(b"ENTRY")
        os.close(reads)
        assert process.wait(60) == Exit.CLEAN
