"""The command line's frame: exit codes, one map of errors, cheap start, no traceback whatever happens."""

import importlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bartizan import cli
from bartizan.cli import main
from bartizan.cli.command import Command, Exit
from bartizan.cli.screen import Screen

COMMAND = str(Path(sys.executable).with_name("bartizan"))
HEAVY = (
    "torch",
    "sklearn",
    "hyperscan",
    "starlette",
    "uvicorn",
    "uvloop",
    "sqlalchemy",
    "cryptography",
    "msgspec",
)


def started(*words: str, folder: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run the command as a person does; return code, output, errors."""
    done = subprocess.run(
        [COMMAND, *words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_lists_every_command_with_what_it_does() -> None:
    text = main.overview()
    for file in Path(next(iter(cli.__path__))).glob("*.py"):
        module = importlib.import_module(f"bartizan.cli.{file.stem}")
        command = getattr(module, "COMMAND", None)
        name = file.stem.replace("_", "-")
        assert (name in dict(main.commands())) is isinstance(command, Command)
        assert command is None or command.name == name
        assert command is None or f"\n  {name}" in text


def test_help_imports_no_room_and_nothing_heavy() -> None:
    script = (
        "import sys; from bartizan.cli.main import run; run(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('bartizan.')], file=sys.stderr)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    ours, heavy = done.stderr.strip().splitlines()
    assert heavy == "[]"
    assert sorted(eval(ours)) == [  # noqa: S307 - printed four lines above
        "bartizan.cli",
        "bartizan.cli.command",
        "bartizan.cli.main",
        "bartizan.cli.screen",
        "bartizan.printable",
    ]


def test_a_command_imports_no_other_command() -> None:
    script = "import sys; from bartizan.cli.main import run; run(['config', 'show']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in done.stderr.split() if name.startswith("bartizan.cli.")}
    assert loaded == {"command", "main", "screen", "config"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], Exit.CLEAN, "usage: bartizan COMMAND"),
        (["--help"], Exit.CLEAN, "usage: bartizan COMMAND"),
        (["--version"], Exit.CLEAN, "bartizan 0."),
        (["statsu"], Exit.USAGE, "there is no command 'statsu'; did you mean `bartizan status`?"),
        (["main"], Exit.USAGE, "there is no command 'main'"),
        (["--json"], Exit.USAGE, "a command comes first"),
        (["up", "--port", "70000"], Exit.USAGE, "argument --port: a whole number from 0 to 65535 is needed"),
        (["up", "--port", "٣"], Exit.USAGE, "a whole number from 0 to 65535"),
        (["up", "--po", "1"], Exit.USAGE, "unrecognized arguments: --po 1; see `bartizan up --help`"),
        (["up", "--once", "--detach"], Exit.USAGE, "--once starts, drills and stops"),
        (["status", "--state", ""], Exit.USAGE, "argument --state: a path is needed"),
        (["explain", "acces.token-bound"], Exit.USAGE, "did you mean access.token-bound?"),
        (["config"], Exit.USAGE, "the following arguments are required: action"),
        (["x" * 5000], Exit.USAGE, "there is no command"),
        (["status", "x" * 5000], Exit.USAGE, "an argument is longer than 4096 characters"),
        (["token"], Exit.UNEVALUATED, "start it with `bartizan up`"),
        (["drill"], Exit.UNEVALUATED, "start it with `bartizan up`"),
        (["ledger", "verify"], Exit.UNEVALUATED, "there is no ledger in"),
        (["ledger", "query", "--since", "yesterday"], Exit.USAGE, "a span such as 2h or 7d"),
    ],
)
def test_how_a_command_line_ends(
    words: list[str],
    code: Exit,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(words) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    assert (printed.err == "") is (code == Exit.CLEAN)


def test_an_internal_error_is_one_line_with_a_report_that_only_its_owner_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("hidden")

    monkeypatch.chdir(tmp_path)
    (tmp_path / ".bartizan" / "run").mkdir(parents=True)
    monkeypatch.setattr(main, "_command", broken)
    assert main.run(["status"]) == Exit.INTERNAL
    said = capsys.readouterr().err
    assert said.startswith("bartizan: internal error (ZeroDivisionError); the report is in ")
    assert len(said.splitlines()) == 1
    assert "hidden" not in said
    report = Path(said.strip().rpartition(" ")[2])
    assert report.parent == tmp_path / ".bartizan" / "run"
    assert report.stat().st_mode & 0o077 == 0
    assert "ZeroDivisionError: hidden" in report.read_text()


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_command", interrupted)
    assert main.run(["status"]) == 130


def test_every_error_in_the_map_exists() -> None:
    for name in main.CODES:
        module, _, kind = name.rpartition(".")
        found = getattr(importlib.import_module(module), kind)
        assert issubclass(found, Exception)
        assert (
            f"{found.__module__}.{found.__qualname__}" == name
        )  # where it is defined, not where it is imported


@pytest.mark.parametrize("words", ["config show", "--help", "status --help", "--version"])
@pytest.mark.parametrize(
    "redirection", ["| true", "| head -c 1", ">&-", "2>&-", ">&- 2>&- <&-", "> /dev/full"]
)
def test_no_state_of_the_output_makes_a_traceback(redirection: str, words: str, tmp_path: Path) -> None:
    script = (
        f"set -o pipefail; '{COMMAND}' {words} {redirection}; echo code ${{PIPESTATUS[0]}} >> {tmp_path}/code"
    )
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607
    code = (tmp_path / "code").read_text().strip()
    assert code == ("code 3" if redirection == "> /dev/full" else "code 0")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_other_locales_and_terminals_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "bartizan.toml").write_text('"é\\u001b[2J" = 1\n', encoding="utf-8")
    for environment in (
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"COLUMNS": "x", "TERM": ""},
    ):
        code, _, said = started("status", folder=tmp_path, environment=environment)
        assert code == Exit.USAGE
        assert "\x1b" not in said
        assert "unknown key" in said


def test_a_working_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["bash", "-c", f"rmdir '{gone}'; '{COMMAND}' status"],  # noqa: S607 - bash of the machine
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.UNEVALUATED
    assert done.stderr == "bartizan: the working folder is gone; go to one that exists\n"


def test_a_file_of_somebody_else_is_said_to_be_that() -> None:
    errors = io.StringIO()
    assert (
        main._fail(PermissionError(13, "Permission denied", "/x/tree.db"), Screen(errors)) is Exit.UNEVALUATED
    )
    assert errors.getvalue() == (
        "bartizan: /x/tree.db: Permission denied; run it as the user to whom this belongs, "
        "or name another folder with --state\n"
    )


@pytest.mark.parametrize(
    "command", ["down", "token", "drill", "reset", "ledger verify", "identity list", "status"]
)
def test_a_mistyped_configuration_is_said_by_every_command(command: str, tmp_path: Path) -> None:
    code, out, said = started(*command.split(), "--config", str(tmp_path / "nope.toml"), folder=tmp_path)
    assert (code, out) == (Exit.USAGE, "")
    assert "nope.toml: there is no such file" in said


def test_where_nothing_runs_the_place_is_named(tmp_path: Path) -> None:
    code, out, _ = started("down", "--state", str(tmp_path / "nope"), folder=tmp_path)
    assert (code, out) == (Exit.CLEAN, "there is no state in nope\n")
    assert "not running on .bartizan" in started("status", folder=tmp_path)[1]


def test_octets_that_are_no_text_are_refused_as_such(tmp_path: Path) -> None:
    code, _, said = started("token", "--principal", "\udcff", folder=tmp_path)
    assert code == Exit.USAGE
    assert "a name is needed" in said
