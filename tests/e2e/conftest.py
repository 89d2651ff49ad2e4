"""A real platform, started by its command line as a person starts it.

`platform` is a factory: every call starts one more platform on a state folder of its own and a free port,
and each is stopped when the test ends. `shared_platform` is one that the tests of a process share, for those that
leave it as it was, but for records and names of their own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sealed import sealed

COMMAND: tuple[str, ...] = (str(Path(sys.executable).with_name("bartizan")),)
COMMAND_S = 240
"""Seconds in which a command must end on a busy machine, a whole drill included."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform, seen from outside."""

    state: Path
    port: int
    folder: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def authority(self) -> Path:
        return self.state / "ca.pem"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this platform's state; who asks the record sees all that was written before."""
        if words[:2] == ("ledger", "query"):
            sealed(self.state)
        return bartizan(*words, "--state", str(self.state), folder=self.folder, environment=self.environment)

    def token(self) -> str:
        """Return an access token of the owner."""
        answer = self.run("token")
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def status(self) -> dict[str, Any]:
        """Return what the supervisor says about its processes."""
        told: dict[str, Any] = json.loads((self.state / "run" / "status.json").read_text())
        return told

    def record(self, subject: str, kind: str) -> dict[str, Any]:
        """Return the one event of a kind about a subject, such as a request's id, once it is in the tree."""
        for _ in range(100):
            answer = self.run("ledger", "query", "--json", "--subject", subject, "--kind", kind)
            assert answer.returncode == 0, answer.stderr
            found: list[dict[str, Any]] = json.loads(answer.stdout)
            if found:
                assert len(found) == 1
                return found[0]
            time.sleep(0.1)
        pytest.fail(f"no {kind} about {subject} in the record")


def bartizan(
    *words: str, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder and return what it printed."""
    return subprocess.run(
        (*COMMAND, *words),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )


Start = Callable[..., Platform]


def start(
    stack: ExitStack,
    *options: str,
    configuration: str = "",
    environment: dict[str, str] | None = None,
    policies: dict[str, str] | None = None,
) -> Platform:
    """Start a platform and leave its end to the stack.

    Args:
        stack: stops the platform when it closes.
        options: more options of `bartizan up`.
        configuration: text of its bartizan.toml; none where empty.
        environment: more environment variables of every command.
        policies: Cedar text by the name of its file, in the folder `policies`.
    """
    # Not pytest's own folder: the path of a unix socket holds 107 octets.
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-")))
    state = folder / "state"
    if configuration:
        (folder / "bartizan.toml").write_text(configuration)
    for name, text in (policies or {}).items():
        (folder / "policies").mkdir(exist_ok=True)
        (folder / "policies" / name).write_text(text)
    more = environment or {}
    stack.callback(bartizan, "down", "--state", str(state), folder=folder, environment=more)
    answer = bartizan(
        *("up", "--detach", "--state", str(state), "--port", "0", "--no-drill", *options),
        folder=folder,
        environment=more,
    )
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    listen = json.loads((state / "run" / "status.json").read_text())["listen"]
    return Platform(state, int(str(listen).rpartition(":")[2]), folder, more)


@pytest.fixture
def platform() -> Iterator[Start]:
    """Yield the factory: `platform("--option", configuration=..., environment=...)`."""
    with ExitStack() as stack:
        yield lambda *options, **settings: start(stack, *options, **settings)


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[Platform]:
    """Yield one platform with nothing configured, for tests that leave it as it was."""
    with ExitStack() as stack:
        yield start(stack)
