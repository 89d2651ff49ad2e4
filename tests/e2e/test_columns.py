"""A running platform keeps a copy in columns, follows itself in pruning, and answers from it; who dies is replaced."""

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.folder import Folder
from bartizan.clock import SECOND, SetClock, SystemClock
from bartizan.ledger.columns import pieces, pieces_folder
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment
from bartizan.ledger.query import Query, query, size
from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Platform
from tests.e2e.test_processes import confined, process, until
from tests.ledger.columned import SMALL, small_pieces
from tests.ledger.test_archive import subjects

pytestmark = [pytest.mark.slow, pytest.mark.sources]
DAY = 86_400 * SECOND
OLD = "q-000000000000002a"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    levels = {"LEVELS": list(SMALL)}
    command = adjusted.command(
        bartizan__ledger__column_pieces=levels,
        bartizan__ledger__archive=levels,
        bartizan__ledger__prune={"BEGINS_AFTER": 0},
    )
    monkeypatch.setattr(conftest, "COMMAND", command)
    with small_pieces():
        yield


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a platform whose ledger has requests of three days ago in it."""
    with tempfile.TemporaryDirectory(prefix="bartizan-") as made:
        state = Folder(Path(made) / "state")
        state.make()
        with own_segment(state.root, SetClock(SystemClock().now() - 3 * DAY)) as journal:
            for number in range(600):
                journal.record(
                    "gateway.request.refused",
                    "anonymous",
                    f"q-{number:016x}",
                    Outcome.DENIED,
                    "",
                    {"status": 401},
                )
                journal.record("access.token.issued", "owner", f"t-{number:016x}", Outcome.DONE)
        yield Path(made)


def up(stack: ExitStack, folder: Path, section: str) -> Platform:
    (folder / "bartizan.toml").write_text(f"[ledger]\n{section}\n")
    running = Platform(folder / "state", 0, folder, {})
    stack.callback(running.run, "down")
    answer = running.run("up", "--detach", "--no-drill", "--port", "0")
    assert answer.returncode == 0, answer.stderr
    return running


def count(running: Platform, *words: str) -> dict[str, Any]:
    answer = running.run("ledger", "query", "--json", *words)
    assert answer.returncode == 0, answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


def covered(ledger: Path) -> int:
    return max((piece.end for piece in pieces(ledger)), default=0)


def test_the_copy_is_kept_up_killed_or_not_and_loses_what_is_pruned(folder: Path) -> None:
    ledger = folder / "state" / "ledger"
    with ExitStack() as stack:
        running = up(stack, folder, "columns = true")
        until(lambda: covered(ledger) >= 1200)
        assert confined(process(running, "archiver", "ready"))
        os.kill(process(running, "archiver", "ready")["pid"], signal.SIGKILL)
        assert OLD in subjects(ledger)
        told = count(running, "--count-by", "kind", "--limit", "100")
        assert told["source"] == "columns"
        assert (
            next(row["entries"] for row in told["rows"] if row["by"]["kind"] == "access.token.issued") >= 600
        )
        assert sum(row["entries"] for row in told["rows"]) == told["entries"]
        until(lambda: running.token() and covered(ledger) >= size(ledger) - 2 * (1 << SMALL[-1]))
        assert running.run("ledger", "verify", "--columns").returncode == 0
    with ExitStack() as stack:  # and now what requests said is kept for a day only
        running = up(stack, folder, 'columns = true\nkeep_requests = "1d"')
        until(lambda: query(ledger, Query(kind="ledger.entries.pruned")))
        until(lambda: not query(ledger, Query(subject=OLD)))
        until(lambda: OLD not in subjects(ledger))
        until(lambda: covered(ledger) >= 1200)
        told = count(running, "--count-by", "kind", "--limit", "100")
        refused = [row["entries"] for row in told["rows"] if row["by"]["kind"] == "gateway.request.refused"]
        assert sum(refused) < 300
        assert (
            next(row["entries"] for row in told["rows"] if row["by"]["kind"] == "access.token.issued") >= 600
        )
        verified = running.run("ledger", "verify", "--columns", "--json")
        assert verified.returncode == 0, verified.stdout
        assert running.status()["processes"]
    with ExitStack() as stack:  # a copy that nobody keeps is nowhere: who prunes does not reach it
        up(stack, folder, 'keep_requests = "1d"')
        assert not pieces_folder(ledger).parent.exists()


def test_two_platforms_keep_a_copy_each(folder: Path, platform: conftest.Start) -> None:
    with ExitStack() as stack:
        one, two = up(stack, folder, "columns = true"), platform(configuration="[ledger]\ncolumns = true\n")
        until(lambda: covered(one.state / "ledger") >= 1200)
        until(lambda: two.token() and covered(two.state / "ledger") >= 16)
        trees = [{piece.tree for piece in pieces(each.state / "ledger")} for each in (one, two)]
        assert trees[0] & trees[1] == set()
        for each in (one, two):
            told = count(each, "--count-by", "outcome")
            assert (told["source"], sum(row["entries"] for row in told["rows"])) == (
                "columns",
                told["entries"],
            )
