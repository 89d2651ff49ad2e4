"""SARIF that its schema takes, and that says what GitHub needs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from bartizan.control import Severity
from bartizan.supply import sarif
from bartizan.supply.scan import Scanned, scan
from bartizan.supply.subject import ModelFile, Reason, Standing
from bartizan.supply.told import Told, told

SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "sarif-schema-2.1.0.json"
BAD = Told("global-not-allowed", "It runs commands.", Severity.CRITICAL, Standing.MALICIOUS, "data.pkl", 12)
CODE = Told("lambda", "It holds a function.", Severity.MEDIUM, Standing.CODE)


def log(
    rows: Iterable[sarif.Row], folder: Path = Path("/models"), fails_from: Standing = Standing.CODE
) -> dict[str, Any]:
    return sarif.document(rows, folder, "1.2.3", fails_from)


def row(path: str, told: Told, *, accepted: bool = False) -> sarif.Row:
    reason = Reason(told.word, told.what, told.standing, told.member, told.offset)
    return Scanned(Path(path), ModelFile("pickle", told.standing, (reason,)), (), "ab" * 32), told, accepted


@pytest.fixture(scope="module")
def valid() -> jsonschema.Draft7Validator:
    if not SCHEMA.exists():
        pytest.skip("needs ../shared/data/schemas/sarif-schema-2.1.0.json")
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


def test_a_log_is_valid(
    valid: jsonschema.Draft7Validator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b\udcff.pt").write_bytes(b"words")
    (tmp_path / "ä").write_bytes(b"\0\1")
    (tmp_path / "out").symlink_to("/etc/passwd")
    real = [(each, one, False) for each in scan([tmp_path]) for one in told(each)]
    assert len(real) == 3
    made = [row("/models/a.pt", BAD), row("/elsewhere/b.keras", CODE, accepted=True)]
    for rows in ([], made, real, made + real):
        valid.validate(log(rows, tmp_path))
    monkeypatch.setattr(sarif, "MOST", 1)
    valid.validate(log(made))


def test_each_word_is_a_rule_that_says_how_grave_it_is() -> None:
    driver = log([row("/models/a", BAD), row("/models/b", CODE), row("/models/c", CODE)])["runs"][0]["tool"][
        "driver"
    ]
    assert (driver["name"], driver["semanticVersion"]) == ("Bartizan", "1.2.3")
    assert [each["id"] for each in driver["rules"]] == ["global-not-allowed", "lambda"]
    for rule, score in zip(driver["rules"], ("9.8", "5.5"), strict=True):
        assert rule["properties"]["security-severity"] == score
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]


def test_a_result_names_the_file_the_member_and_the_octet() -> None:
    (result,) = log([row("/models/in/a.pt", BAD)])["runs"][0]["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("global-not-allowed", 0, "error")
    assert result["message"]["text"] == "pickle, malicious: data.pkl: It runs commands. (octet 12)"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "in/a.pt"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/models/a b#c?.pt", "a%20b%23c%3F.pt"),
        ("/models/\udcff", "%FF"),
        ("/models/ä", "%C3%A4"),
        ("/modelshop/a", "file:///modelshop/a"),
        ("/models/../etc/passwd", "file:///etc/passwd"),
        ("/models/x:y", "x%3Ay"),
    ],
)
def test_a_place_is_a_reference_that_leads_nowhere_else(path: str, uri: str) -> None:
    (result,) = log([row(path, BAD)])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_what_does_not_fail_a_gate_is_a_warning() -> None:
    rows = [row("/models/a", BAD), row("/models/b", CODE)]
    for fails_from, levels in (
        (Standing.CODE, ["error", "error"]),
        (Standing.MALICIOUS, ["error", "warning"]),
    ):
        assert [each["level"] for each in log(rows, fails_from=fails_from)["runs"][0]["results"]] == levels


def test_what_was_accepted_is_suppressed() -> None:
    results = log([row("/models/a", BAD, accepted=True), row("/models/b", BAD)])["runs"][0]["results"]
    assert [each.get("suppressions") for each in results] == [
        [{"kind": "external", "status": "accepted"}],
        None,
    ]


def test_a_result_is_known_again_in_the_next_run() -> None:
    rows = [row("/models/a", BAD), row("/models/b", BAD), row("/models/a", CODE)]
    marks = [each["partialFingerprints"]["bartizan/v1"] for each in log(rows)["runs"][0]["results"]]
    assert len(set(marks)) == 3
    assert marks == [each["partialFingerprints"]["bartizan/v1"] for each in log(rows)["runs"][0]["results"]]


def test_more_than_a_run_takes_is_never_taken_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST", 2)
    (run,) = log([row(f"/models/{place}", BAD) for place in range(5)])["runs"]
    assert len(run["results"]) == 2
    assert not run["invocations"][0]["executionSuccessful"]
    assert "3 more" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    (whole,) = log([row(f"/models/{place}", BAD) for place in range(2)])["runs"]
    assert whole["invocations"] == [{"executionSuccessful": True}]
