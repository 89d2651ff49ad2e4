"""Policies at the command line where no platform runs."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run

GOOD = '@id("callers")\npermit (principal in Role::"caller", action in Action::"call", resource)\nunless { resource.control };\n'
ODD = (
    GOOD
    + '@id("again") permit (principal in Role::"caller", action == Action::"chat", resource)\nwhen { !resource.control };\n'
)
NARROW = GOOD.replace("unless { resource.control }", "unless { resource.control || !context.quantum_safe }")
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "main.cedar").write_text(GOOD)
    (tmp_path / "bartizan.toml").write_text('[policy]\npath = "policies/"\n')
    for name, text in (
        ("odd", ODD),
        ("narrow", NARROW),
        ("broken", f"{GOOD}permit (\n  principal,\n  actoin"),
    ):
        (tmp_path / f"{name}.cedar").write_text(text)
    monkeypatch.chdir(tmp_path)

    def asked(*words: str) -> tuple[int, str, str]:
        code = run(["policy", *words])
        return code, *capsys.readouterr()

    return asked


def test_check_says_file_and_line_of_what_is_wrong(ask: Ask) -> None:
    code, out, _ = ask("check")
    assert (code, "policies/main.cedar: 1 permit, 0 forbid" in out) == (Exit.CLEAN, True)
    code, _, err = ask("check", "broken.cedar")
    assert (code, err.startswith("bartizan: broken.cedar:6: ")) == (Exit.USAGE, True), err
    code, _, err = ask("check", "policies/main.cedar", "odd.cedar")
    assert (code, "the id callers is given in policies/main.cedar already" in err) == (Exit.USAGE, True)
    code, _, err = ask("check", "nothing.cedar")
    assert (code, "there is no such file" in err) == (Exit.USAGE, True)
    assert json.loads(ask("check", "odd.cedar", "--json")[1])["names"] == ["callers", "again"]


def test_analyse_finds_what_adds_nothing_and_compares(ask: Ask) -> None:
    assert ask("analyse")[0] == Exit.CLEAN
    code, out, _ = ask("analyse", "odd.cedar")
    assert code == Exit.FINDINGS
    assert out.startswith("odd.cedar:4: again  permits nothing that others do not: callers\n")
    assert "every request that these policies can tell apart" in out
    told = json.loads(ask("analyse", "narrow.cedar", "--against", "policies", "--json")[1])["against"]
    assert told == told | {"implies": True, "implied": False, "disjoint": False, "complete": True}
    assert "only the others allow: " in ask("analyse", "narrow.cedar", "--against", "policies")[1]


def test_explain_needs_no_platform_for_somebody_who_is_imagined(ask: Ask) -> None:
    words = ("explain", "chat", "sample", "--principal", "workload.ci", "--role")
    code, out, _ = ask(*words, "caller")
    assert (code, out) == (
        Exit.CLEAN,
        "yes  workload.ci (caller): permitted by callers (policies/main.cedar:1)\n",
    )
    out = ask(*words, "other")[1]
    assert out.startswith("NO   workload.ci (other): no policy permits it\n")
    assert 'callers (policies/main.cedar:1) would, but the principal is not in Role::"caller"' in out
    assert ask(*words, "caller", "--classical", "--policies", "narrow.cedar")[1].startswith("NO ")
    code, _, err = ask("explain", "chat", "sample")
    assert (code, "no platform answers" in err) == (Exit.UNEVALUATED, True)
    code, _, err = ask("explain", "chat", "sample", "--principal", "ci", "--role", "caller")
    assert (code, "a kind, a dot and a name" in err) == (Exit.USAGE, True)


def test_explain_and_cases_take_what_a_workload_showed(ask: Ask, tmp_path: Path) -> None:
    text = (tmp_path / "policies" / "main.cedar").read_text()
    only = '@id("shops") forbid (principal, action == Action::"chat", resource) unless {'
    only += ' context.trust_domain == "corp.example" && context.spiffe_path == "/ns/prod/sa/shop" };'
    (tmp_path / "only.cedar").write_text(text + only)
    words = ("explain", "chat", "sample", "--principal", "workload.shop", "--role", "caller")
    draft = (*words, "--policies", "only.cedar")
    assert ask(*draft)[1].startswith("NO ")
    assert ask(*draft, "--spiffe-id", "spiffe://corp.example/ns/prod/sa/shop")[1].startswith("yes ")
    assert ask(*draft, "--spiffe-id", "spiffe://evil.example/ns/prod/sa/shop")[1].startswith("NO ")
    code, _, err = ask(*draft, "--spiffe-id", "corp.example/shop")
    assert code == Exit.USAGE
    assert "not a SPIFFE ID" in err
    case = {"principal": "workload.shop", "roles": ["caller"], "action": "chat", "service": "sample"}
    shown = {"trust_domain": "corp.example", "spiffe_path": "/ns/prod/sa/shop"}
    cases = [case | shown | {"expect": "allow"}, case | {"expect": "deny", "by": "shops"}]
    (tmp_path / "cases.json").write_text(json.dumps({"case": cases}))
    assert ask("test", "cases.json", "--policies", "only.cedar")[0] == Exit.CLEAN


def test_explain_tells_passkeys_apart_where_the_answer_hangs_on_them(ask: Ask, tmp_path: Path) -> None:
    text = (tmp_path / "policies" / "main.cedar").read_text()
    (tmp_path / "bound.cedar").write_text(text + ask("template", "device-bound", "--role", "caller")[1])
    words = ("explain", "chat", "sample", "--principal", "user.ada", "--role", "caller")
    draft = (*words, "--policies", "bound.cedar")
    lines = ask(*draft)[1].splitlines()
    assert lines[0].startswith("yes  user.ada (caller), by a device-bound passkey: permitted by callers (")
    for line, how in zip(lines[1:], ("a synced passkey", "no passkey"), strict=True):
        assert line.startswith(
            f"NO   user.ada (caller), by {how}: forbidden by caller-by-device-bound-passkeys"
        )
    assert ask(*draft, "--passkey", "synced")[1].splitlines() == lines[1:2]
    assert [each["passkey"] for each in json.loads(ask(*draft, "--json")[1])] == [
        "device-bound",
        "synced",
        "",
    ]
    assert len(ask(*words)[1].splitlines()) == 1
    owner = ("explain", "erase-principal", "control", "--principal", "user.ada", "--role", "owner")
    (tmp_path / "own.cedar").write_text(files("bartizan.access").joinpath("default.cedar").read_text())
    assert ask(*owner, "--policies", "own.cedar")[1].startswith("yes ")
    flagged = ask(*owner, "--policies", "own.cedar", "--flagged")[1]
    assert flagged.startswith("NO   user.ada (owner): forbidden by flagged-sign-ins-are-confirmed-first")
    machine = (*words[:4], "workload.ci", *words[5:], "--policies", "bound.cedar")
    assert ask(*machine)[1].startswith("yes  workload.ci (caller): permitted by callers")
    case = '[[case]]\nprincipal = "user.ada"\nroles = ["caller"]\naction = "chat"\nservice = "sample"\n'
    cases = (f'{case}expect = "deny"\n', f'{case}expect = "allow"\npasskey = "device-bound"\n')
    (tmp_path / "cases.toml").write_text("\n".join((*cases, f'{case}expect = "deny"\npasskey = "synced"\n')))
    assert ask("test", "cases.toml", "--policies", "bound.cedar")[:2] == (Exit.CLEAN, "3 of 3 cases hold\n")


def test_test_ends_with_findings_where_a_case_does_not_hold(ask: Ask, tmp_path: Path) -> None:
    cases = tmp_path / "cases.toml"
    case = '[[case]]\nprincipal = "workload.ci"\nroles = ["caller"]\naction = "chat"\nservice = "sample"\n'
    cases.write_text(f'{case}expect = "allow"\nby = "callers"\n')
    assert ask("test", "cases.toml")[:2] == (Exit.CLEAN, "1 of 1 cases hold\n")
    cases.write_text(f'{case}quantum_safe = false\nexpect = "allow"\n')
    code, out, _ = ask("test", "cases.toml", "--policies", "narrow.cedar")
    assert code == Exit.FINDINGS
    assert "cases.toml: case 1: workload.ci chat sample: expected allow, got deny" in out
    assert "0 of 1 cases hold" in out


def test_a_template_is_a_start_that_holds(ask: Ask, tmp_path: Path) -> None:
    code, out, _ = ask("template", "tools", "--role", "support", "--service", "tickets", "--tool", "search")
    assert code == Exit.CLEAN
    (tmp_path / "support.cedar").write_text(out)
    assert ask("check", "support.cedar")[0] == Exit.CLEAN
    assert "--role --service --tool" in ask("template")[1]
    code, _, err = ask("template", "tools", "--role", "support")
    assert (code, "tools needs --service" in err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    "words", [("apply",), ("versions",), ("show",), ("rollback", "1"), ("diff",), ("suggest",)]
)
def test_what_needs_a_platform_says_so(ask: Ask, words: tuple[str, ...]) -> None:
    code, out, err = ask(*words)
    assert (code, out, "no platform answers" in err) == (Exit.UNEVALUATED, "", True)
