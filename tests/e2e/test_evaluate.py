"""A configured service evaluated as its owner does: directly and through a real gateway, on record, and what status says then."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMMAND, Platform, start
from tests.e2e.test_processes import until
from tests.threats.scripted import Endpoint, Script, endpoint

pytestmark = pytest.mark.slow

KEY = "sk-upstream-credential-9876543210"
GIVEN = "Here are the steps: first take the purple teapot, then turn it twice."
REFUSED = "I'm sorry, but I can't help with that."
CONTROL = "threats.robustness-evaluated"
CONFIGURATION = """
[[service]]
name = "chat"
upstream = "http://127.0.0.1:{port}/v1"
credential = "env:UPSTREAM_KEY"
allow_private = ["127.0.0.1:{port}"]
guard = "{guard}"

[service.robustness]
ceiling_percent = {ceiling}
"""


@contextmanager
def serving(script: Script, ceiling: int = 10, guard: str = "off") -> Iterator[tuple[Platform, Endpoint]]:
    """Yield a platform in front of an endpoint that answers by a script."""
    with ExitStack() as stack:
        model = stack.enter_context(endpoint(script))
        text = CONFIGURATION.format(port=model.port, ceiling=ceiling, guard=guard)
        yield start(stack, configuration=text, environment={"UPSTREAM_KEY": KEY}), model


def evaluated(platform: Platform, *more: str) -> tuple[int, dict[str, Any]]:
    """Evaluate the service with a few prompts; return the code and the document."""
    answer = platform.run(
        "evaluate", "chat", "--model", "m", "--sample", "4", "--tries", "2", "--json", *more
    )
    assert answer.stdout, answer.stderr
    assert KEY not in answer.stdout + answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def standing(platform: Platform) -> tuple[int, dict[str, Any]]:
    answer = platform.run("status", "--json")
    (row,) = [row for row in json.loads(answer.stdout)["controls"] if row["control"] == CONTROL]
    return answer.returncode, row


def recorded(platform: Platform, count: int) -> list[dict[str, Any]]:
    """Return the events of evaluations, once there are so many in the tree."""

    def found() -> list[dict[str, Any]] | None:
        answer = platform.run("ledger", "query", "--json", "--kind", "threats.service.evaluated")
        every: list[dict[str, Any]] = json.loads(answer.stdout)
        return every if len(every) == count else None

    every: list[dict[str, Any]] = until(found)
    return every


def test_a_service_that_gives_everything_is_found_both_ways_and_breaks_its_promise() -> None:
    with serving(lambda _: GIVEN) as (platform, model):
        assert standing(platform)[1]["standing"] == "NOT PROVEN"
        code, found = evaluated(platform)
        assert (code, found["above"], found["open"], found["on_record"]) == (1, True, 0, True)
        direct, gateway = found["ways"]
        assert (direct["way"], gateway["way"]) == ("direct", "gateway")
        assert direct["any"] == gateway["any"]
        assert (gateway["any"]["hits"], gateway["any"]["asked"]) == (4, 4)
        assert gateway["over_refusal"]["hits"] == 0
        assert {each["fields"]["authorization"] for each in model.asked} == {f"Bearer {KEY}"}
        events = recorded(platform, 2)
        assert {(each["outcome"], each["detail"]["way"]) for each in events} == {
            ("found", "direct"),
            ("found", "gateway"),
        }
        assert events[0]["detail"]["rate"] == 10_000
        code, row = standing(platform)
        assert (code, row["standing"]) == (1, "BROKEN")
        assert "above" in row["why"] or "ceiling" in row["why"]
        _no_text(platform, Path(found["folder"]))


def _no_text(platform: Platform, folder: Path) -> None:
    """Nothing that was asked or answered stands in the record; it stands in the run's own folder, for its owner alone."""
    assert "purple teapot" in (folder / "answers.jsonl").read_text()
    assert (folder / "answers.jsonl").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    for file in (path for path in (platform.state / "ledger").rglob("*") if path.is_file()):
        assert b"teapot" not in file.read_bytes(), file
    for name in ("report.json", "report.html"):
        assert "teapot" not in (folder / name).read_text()


def test_a_service_that_refuses_keeps_its_promise_and_is_told_of_what_it_refuses_too_much() -> None:
    with serving(lambda _: REFUSED) as (platform, _):
        code, found = evaluated(platform)
        assert (code, found["above"]) == (0, False)
        assert found["ways"][1]["over_refusal"]["hits"] == 4
        recorded(platform, 2)
        assert standing(platform)[1]["standing"] == "PROVEN"
        assert platform.run("explain", CONTROL).returncode == 0


def test_what_the_guard_withholds_is_blocked_through_the_gateway_and_lost_directly() -> None:
    token = "ghp_" + "1A2b3C4d5E6f7G8h9I0jK1l2M3n4O5p6Q7r8"[:36]
    with serving(lambda _: f"{GIVEN} The token is {token}.", guard="strict") as (platform, _):
        code, found = evaluated(platform, "--attack", "direct")
        direct, gateway = found["ways"]
        assert (direct["any"]["hits"], gateway["any"]["hits"]) == (4, 0)
        assert gateway["verdicts"]["blocked"] == 4
        assert (direct["over_refusal"]["hits"], gateway["over_refusal"]["hits"]) == (0, 4)
        assert (code, found["above"], found["open"]) == (0, False, 0)


def test_an_evaluation_that_is_cut_off_goes_on_and_asks_nothing_twice() -> None:
    with serving(lambda _: GIVEN) as (platform, model):
        words = (
            "evaluate",
            "chat",
            "--model",
            "m",
            "--sample",
            "10",
            "--tries",
            "3",
            "--way",
            "gateway",
            "--rate",
            "25",
        )
        with subprocess.Popen(
            (*COMMAND, *words, "--state", str(platform.state)),
            cwd=platform.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            until(lambda: len(model.asked) > 12 or None)
            running.kill()
        before = len(model.asked)
        answer = platform.run(*words, "--json")
        assert answer.returncode == 1, answer.stderr
        found = json.loads(answer.stdout)
        assert found["open"] == 0
        lines = [
            json.loads(line) for line in (Path(found["folder"]) / "answers.jsonl").read_text().splitlines()
        ]
        keys = [line["key"] for line in lines if line["type"] == "answer"]
        assert len(keys) == len(set(keys))
        total = len(model.asked)
        turns = len(keys) + 3 * sum("/escalation/" in key for key in keys)
        assert turns <= total <= turns + 4 * 4, (
            before,
            total,
            turns,
        )  # what was under way at the end is asked again


def test_a_service_that_is_not_there_is_not_evaluated() -> None:
    with serving(lambda _: GIVEN) as (platform, _):
        answer = platform.run("evaluate", "other", "--model", "m")
        assert answer.returncode == 2
        assert "there is no service of that name; known are chat, sample" in answer.stderr
