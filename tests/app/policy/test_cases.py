import json
from pathlib import Path
from typing import Any

import pytest

from bartizan.access.describe import Exposed
from bartizan.app.policy.cases import Cases, CasesInvalid, Outcome, read_cases, tried
from bartizan.app.policy.facts import Facts, NobodyOfThat

POLICY = {
    "a.cedar": '@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);\n'
    '@id("safe") forbid (principal, action, resource) unless { context.quantum_safe };\n'
}
FACTS = Facts((), (Exposed("llm"),), POLICY)
CASE: dict[str, Any] = {
    "principal": "workload.ci",
    "roles": ["caller"],
    "action": "chat",
    "service": "llm",
    "expect": "allow",
}


def written(tmp_path: Path, *cases: dict[str, Any], head: str = "") -> Path:
    file = tmp_path / "cases.toml"
    parts = [head]
    for case in cases:
        parts.append("[[case]]")
        parts += [f"{key} = {json.dumps(value)}" for key, value in case.items()]
    file.write_text("\n".join(parts))
    return file


def outcomes(file: Path) -> tuple[Outcome, ...]:
    return tried(read_cases(file), FACTS, POLICY, file)


def test_a_case_holds_where_the_decision_and_who_decides_are_as_it_says(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        CASE,
        CASE | {"roles": [], "expect": "deny"},
        CASE | {"quantum_safe": False, "expect": "deny", "by": "safe"},
        CASE | {"expect": "deny"},
        CASE | {"by": "another"},
    )
    assert [each.passed for each in outcomes(file)] == [True, True, True, False, False]


def test_a_case_about_something_that_there_is_not_does_not_pass_as_a_denial(tmp_path: Path) -> None:
    for more, said in (
        ({"service": "lmm"}, "no service"),
        ({"action": "chatt"}, "no action"),
        ({"action": "call"}, "no action"),
    ):
        file = written(tmp_path, CASE | {"expect": "deny"} | more)
        with pytest.raises(CasesInvalid, match=said):
            outcomes(file)
    file = written(tmp_path, CASE | {"service": "new"}, head='services = ["new"]')
    assert outcomes(file)[0].passed


def test_somebody_without_roles_must_be_registered(tmp_path: Path) -> None:
    file = written(tmp_path, {key: value for key, value in CASE.items() if key != "roles"})
    with pytest.raises(NobodyOfThat):
        outcomes(file)


@pytest.mark.parametrize("text", ["", "[[case]]", "case = 1", "[[case]]\nwho = 1", "[[", '{"case": []}'])
def test_a_file_that_is_not_of_the_form_is_refused(tmp_path: Path, text: str) -> None:
    for name in ("cases.toml", "cases.json"):
        (tmp_path / name).write_text(text)
        with pytest.raises(CasesInvalid):
            read_cases(tmp_path / name)


def test_json_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(
        '{"case": [{"principal": "user.a", "roles": [], "action": "chat", "service": "llm", "expect": "deny"}]}'
    )
    assert isinstance(read_cases(file), Cases)
    assert outcomes(file)[0].passed
