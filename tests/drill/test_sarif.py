import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.drill import sarif
from bartizan.drill.verdict import Result, Tried, Verdict, rows
from tests.drill.scene import attack

SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "sarif-schema-2.1.0.json"


def result(verdicts: list[Verdict]) -> Result:
    attempts = (
        Tried(attack(f"a{place}"), verdict, "said", 7, place or None, place or None, place)
        for place, verdict in enumerate(verdicts)
    )
    return Result("00" * 8, "sample", rows(attempts), (), 1.0)


@pytest.fixture(scope="module")
def schema() -> jsonschema.protocols.Validator:
    if not SCHEMA.exists():
        pytest.skip("the public data sets are not here: ../shared/data/schemas")
    loaded = json.loads(SCHEMA.read_text())
    return jsonschema.validators.validator_for(loaded)(loaded)


@given(verdicts=st.lists(st.sampled_from(Verdict), max_size=5))
def test_every_run_is_valid_sarif(schema: jsonschema.protocols.Validator, verdicts: list[Verdict]) -> None:
    schema.validate(json.loads(json.dumps(sarif.encode(result(verdicts)))))


def test_only_a_broken_promise_is_an_error_and_a_held_attack_is_a_pass() -> None:
    log = sarif.encode(result([Verdict.HELD, Verdict.BROKEN, Verdict.UNPROTECTED, Verdict.UNDECIDED]))
    told = [(entry["kind"], entry["level"]) for entry in log["runs"][0]["results"]]
    assert told == [("pass", "none"), ("fail", "error"), ("fail", "warning"), ("review", "none")]


def test_an_attack_that_was_not_judged_makes_the_invocation_unsuccessful() -> None:
    invocation = sarif.encode(result([Verdict.HELD, Verdict.UNDECIDED]))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [note["associatedRule"]["id"] for note in invocation["toolExecutionNotifications"]] == ["a1"]
    assert sarif.encode(result([Verdict.HELD]))["runs"][0]["invocations"][0]["executionSuccessful"] is True
