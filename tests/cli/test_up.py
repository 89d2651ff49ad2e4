"""One session at a terminal: start, drill, ask, verify, stop. Everything real."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from tests.e2e.test_processes import alive, until
from tests.ports import free_port
from tests.structure.sources import ROOT

pytestmark = pytest.mark.slow
COMMAND = str(Path(sys.executable).with_name("bartizan"))


class Terminal:
    """A folder in which one types."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def type(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [COMMAND, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=240,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    def start(self, *words: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Type a command that stays, and leave its end to `close`."""
        self._started.append(
            subprocess.Popen([*under, COMMAND, *words], cwd=self.folder, stdout=subprocess.PIPE, text=True)
        )
        return self._started[-1]

    def close(self) -> None:
        """End what was started, however the test went."""
        self.type("down")
        for started in self._started:
            started.kill()
            started.communicate()

    def shell(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607 - bash of the machine
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        return done.stdout


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    # not pytest's own folder: the path of a unix socket holds 107 octets
    with tempfile.TemporaryDirectory(prefix="bartizan-") as name:
        found = Terminal(Path(name))
        yield found
        found.close()


def test_a_session(terminal: Terminal) -> None:
    code, said, _ = terminal.type("up", "--detach", "--no-drill", "--port", "0")
    assert code == Exit.CLEAN
    assert re.match(r"keys         new authority and ledger keys in \.bartizan/ \(git-ignored\)\n", said)
    assert re.search(r"gateway      https://localhost:\d+ \(this machine only\) +[\d.]+ s\n", said)

    if shutil.which("curl") is not None:
        pasted = said[said.index("Send a request:") :].split("\n", 1)[1].split("Your service:")[0]
        assert json.loads(terminal.shell(pasted))["choices"][0]["message"]["content"]

    code, said, error = terminal.type("up", "--detach", "--no-drill", "--port", "0")
    assert (code, said) == (Exit.USAGE, "")
    assert "a platform is running on" in error

    code, said, _ = terminal.type("status")
    assert code == Exit.CLEAN
    assert "0 PROVEN   0 BROKEN" in said
    assert re.search(r"worker \d+ +serving +isolation: seccomp", said)

    code, said, _ = terminal.type("ledger", "verify", "--save", "kept")
    assert code == Exit.CLEAN
    assert "signed only: this machine's owner, or whoever takes its key, can rewrite" in said
    code, said, _ = terminal.type("ledger", "verify", "--checkpoint", "kept")
    assert (code, said.splitlines()[1].partition(":")[0]) == (Exit.CLEAN, "witnessed")
    assert terminal.type("ledger", "verify", "--checkpoint", "bartizan.toml")[0] == Exit.USAGE
    code, said, _ = terminal.type("ledger", "verify", "--save", "kept")
    assert (code, said.splitlines()[1].partition(":")[0]) == (Exit.CLEAN, "witnessed")
    assert terminal.type("reset", "--yes")[0] == Exit.USAGE
    assert terminal.type("down")[:2] == (Exit.CLEAN, "stopped .bartizan\n")
    assert terminal.type("down")[:2] == (Exit.CLEAN, "nothing runs on .bartizan\n")
    assert terminal.type("token")[0] == Exit.UNEVALUATED
    assert terminal.type("reset", "--yes")[0] == Exit.CLEAN


def test_who_may_call(terminal: Terminal) -> None:
    terminal.type("up", "--detach", "--no-drill", "--port", "0")
    code, said, _ = terminal.type("identity", "add", "app")
    assert code == Exit.CLEAN
    assert re.fullmatch(r"client_id=\S+\nclient_secret=\S+\n", said)
    assert "workload.app" in terminal.type("identity", "list")[1]
    assert terminal.type("identity", "add", "app")[0] == Exit.USAGE
    assert "in force in every worker" in terminal.type("identity", "revoke", "workload.app")[1]
    assert terminal.type("identity", "revoke", "workload.nobody")[0] == Exit.USAGE

    kinds = json.loads(terminal.type("ledger", "query", "--kind", "access", "--json")[1])
    assert {"access.principal.registered", "access.principal.revoked"} <= {entry["kind"] for entry in kinds}


def test_an_orderly_stop_is_one_in_the_log_and_on_record(terminal: Terminal) -> None:
    terminal.type("up", "--detach", "--no-drill", "--port", "0")
    terminal.type("down")
    assert (terminal.folder / ".bartizan" / "run" / "platform.log").read_text() == ""
    ended = json.loads(terminal.type("ledger", "query", "--kind", "platform.process.died", "--json")[1])
    assert {entry["outcome"] for entry in ended} == {"done"}
    # the one that served ends by itself; its spare has nothing to finish
    assert [entry["detail"].get("status") for entry in ended if entry["subject"] == "worker"].count(0) == 1


def test_clients_have_to_be_given_the_certificate_for_other_names(terminal: Terminal) -> None:
    words = ("up", "--detach", "--no-drill", "--port", "0")
    lines = []
    for configured in ("", "", 'names = ["ai.example.com"]\n'):
        (terminal.folder / "bartizan.toml").write_text(configured)
        lines.append(terminal.type(*words)[1].splitlines()[0])
        terminal.type("down")
    assert lines == [
        "keys         new authority and ledger keys in .bartizan/ (git-ignored)",
        "keys         the same authority and ledger keys in .bartizan/ (git-ignored)",
        "keys         the same keys, a new certificate: give clients .bartizan/ca.pem anew",
    ]


def test_an_address_of_another_machine_is_named(terminal: Terminal) -> None:
    (terminal.folder / "bartizan.toml").write_text('listen = "192.0.2.1:8443"\n')
    code, _, said = terminal.type("up", "--once")
    assert code == Exit.USAGE
    assert said.startswith(
        "bartizan: cannot listen on 192.0.2.1, port 8443: Cannot assign requested address; "
    )


def test_a_busy_port_names_its_holder_and_another(terminal: Terminal) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        code, _, said = terminal.type("up", "--no-drill", "--port", str(port))
    assert code == Exit.USAGE
    assert f"port {port} is held by process {os.getpid()} (" in said
    assert f"bartizan up --port {port + 1}" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_everything(terminal: Terminal, number: signal.Signals) -> None:
    started = terminal.start("up", "--no-drill", "--port", "0")
    assert started.stdout is not None
    assert any(line.startswith("Ctrl-C stops") for line in started.stdout)
    status = json.loads((terminal.folder / ".bartizan" / "run" / "status.json").read_text())
    started.send_signal(number)
    assert started.wait(60) == Exit.INTERRUPTED
    assert not alive(status["pid"])
    until(lambda: not any(alive(process["pid"]) for process in status["processes"]))


def test_under_nohup_it_outlives_its_terminal(terminal: Terminal) -> None:
    foreground = str(ROOT / "tools" / "foreground.py")
    started = terminal.start("up", "--no-drill", "--port", "0", under=("nohup", sys.executable, foreground))
    assert started.stdout is not None
    assert any(line.startswith("Ctrl-C stops") for line in started.stdout)
    folder = terminal.folder / ".bartizan" / "run" / "status.json"
    command = parent(json.loads(folder.read_text())["pid"])
    for pid in (started.pid, command):
        os.kill(pid, signal.SIGHUP)
    time.sleep(0.5)
    assert terminal.type("token")[0] == Exit.CLEAN
    started.send_signal(signal.SIGTERM)
    assert started.wait(60) == 0


def parent(pid: int) -> int:
    """Return the process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_who_must_be_quantum_safe_is_told_what_curl_can_do_that(terminal: Terminal) -> None:
    (terminal.folder / "bartizan.toml").write_text('pq = "required"\n')
    code, said, _ = terminal.type("up", "--detach", "--no-drill", "--port", "0")
    assert code == Exit.CLEAN
    assert "curl needs OpenSSL 3.5 or newer" in said


def test_a_policy_that_does_not_parse_is_named_with_its_folder_and_line(terminal: Terminal) -> None:
    (terminal.folder / "bartizan.toml").write_text('[policy]\npath = "rules"\n')
    (terminal.folder / "rules").mkdir()
    (terminal.folder / "rules" / "mine.cedar").write_text("permit (\n")
    code, _, said = terminal.type("up", "--once", "--port", "0")
    assert code == Exit.UNEVALUATED
    assert "rules/mine.cedar:" in said


def test_a_secret_that_is_missing_is_said_before_anything_starts(terminal: Terminal) -> None:
    assert (
        terminal.type("init", "https://api.example.com/v1", "--credential", "env:NOT_SET_HERE")[0]
        == Exit.CLEAN
    )
    code, said, error = terminal.type("up", "--no-drill", "--port", "0")
    assert (code, said) == (Exit.USAGE, "")
    assert error == (
        "bartizan: the secret env:NOT_SET_HERE is not set; "
        "set NOT_SET_HERE in the environment that starts Bartizan\n"
    )


def test_a_secret_that_nobody_could_read_is_said_to_be_lost_or_not_made(terminal: Terminal) -> None:
    terminal.type("up", "--detach", "--no-drill", "--port", "0")
    said = terminal.shell(f"'{COMMAND}' identity add lost > /dev/full 2> said; echo $?; cat said")
    assert said.startswith("3\n")
    assert "`bartizan identity erase workload.lost`" in said
    assert terminal.shell(f"'{COMMAND}' identity add never >&- 2> said; echo $?") == "3\n"
    assert terminal.shell(f"'{COMMAND}' token >&-; echo $? >> code; cat code") == "3\n"
    listed = terminal.type("identity", "list")[1]
    assert "workload.lost" in listed
    assert "workload.never" not in listed


def test_who_is_stopped_while_it_drills_says_so(terminal: Terminal) -> None:
    started = terminal.start("up", "--port", "0")
    assert started.stdout is not None
    assert any(line.startswith("gateway") for line in started.stdout)
    assert terminal.type("down")[0] == Exit.CLEAN
    assert started.wait(60) == Exit.UNEVALUATED


def test_the_slower_of_two_on_one_state_is_told_of_the_other(terminal: Terminal) -> None:
    words = [COMMAND, "up", "--detach", "--no-drill", "--port", str(free_port())]
    both = [
        subprocess.Popen(
            words, cwd=terminal.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    errors = [each.communicate(timeout=240)[1] for each in both]
    assert sorted(each.returncode for each in both) == [Exit.CLEAN, Exit.USAGE]
    assert "a platform is running on" in "".join(errors)
