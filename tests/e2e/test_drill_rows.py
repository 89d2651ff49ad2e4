"""What a drill shows: its rows name entries of the record, and its document, its table and its SARIF say the same."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from bartizan.drill import attacks
from bartizan.drill.attack import Stage, discover
from bartizan.ledger.query import Query, query
from tests.e2e.conftest import Platform, start

EVERY = discover(attacks)
SARIF = "drill.sarif"
SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "sarif-schema-2.1.0.json"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def drilled() -> Iterator[tuple[Platform, dict[str, Any]]]:
    """Yield a platform and the drill that ran on it, once for all of this file."""
    with ExitStack() as stack:
        running = start(stack)
        answer = running.run("drill", "--json", "--sarif", str(running.folder / SARIF))
        assert answer.returncode == 0, answer.stdout + answer.stderr
        yield running, json.loads(answer.stdout)


def test_every_row_names_the_entries_that_show_it(drilled: tuple[Platform, dict[str, Any]]) -> None:
    platform, told = drilled
    entries = {entry.index: entry.event for entry in query(platform.state / "ledger", Query(limit=100_000))}
    for attack in told["attacks"]:
        own = entries[attack["ledger"]["entry"]]
        assert (own.kind, own.control) == ("drill.attack.tried", attack["control"])
        assert own.detail["attack"] == attack["attack"]
        assert own.detail["run"] == told["run"]
        for name in ("first", "last"):
            place = attack["ledger"][name]
            assert own.detail.get(name) == place
            assert place is None or entries[place].kind.startswith(("gateway.request.", "threats."))


def test_attacks_on_requests_name_the_platform_s_own_entries(
    drilled: tuple[Platform, dict[str, Any]],
) -> None:
    silent = {"tls-downgraded", "sample-bypassed"}  # no request was made
    silent |= {
        name
        for name, attack in EVERY.items()
        if attack.stage in (Stage.TWIN, Stage.WRECK, Stage.SCENE, Stage.FILES)
    }
    unnamed = {attack["attack"] for attack in drilled[1]["attacks"] if attack["ledger"]["first"] is None}
    assert unnamed == silent


def test_the_table_and_the_valid_sarif_of_a_run_say_what_its_document_says(
    drilled: tuple[Platform, dict[str, Any]],
) -> None:
    platform, told = drilled
    printed = platform.run("drill").stdout
    for control in told["controls"]:
        row = re.search(rf"^{re.escape(control['control'])} +(\d+)/(\d+) ", printed, re.MULTILINE)
        assert row is not None
        assert (int(row[1]), int(row[2])) == (control["held"], control["tried"])
    counts = told["counts"]
    assert (
        f"{counts['PROVEN']} PROVEN   {counts['BROKEN']} BROKEN   {counts['NOT PROVEN']} NOT PROVEN"
        in printed
    )
    assert "NOT PROTECTED" not in printed
    log = json.loads((platform.folder / SARIF).read_text())
    assert {result["ruleId"] for result in log["runs"][0]["results"]} == {*EVERY}
    if not SCHEMA.exists():
        pytest.skip("the public data sets are not here: ../shared/data/schemas")
    jsonschema.validate(log, json.loads(SCHEMA.read_text()))
