"""Witnesses as processes of their own, started by the command line as their operators start them."""

import json
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.e2e.conftest import COMMAND

PORT = 8444


class Witness:
    """A witness in a folder, and its process while there is one.

    Args:
        folder: where; its `state` is made.
        address: of its server.
        inside: what its commands begin with.
        port: where it listens; 0 takes a free one, which stays.
    """

    def __init__(
        self, folder: Path, name: str, address: str, inside: tuple[str, ...] = (), port: int = 0
    ) -> None:
        self.folder, self.name, self.address, self.inside, self.port = folder, name, address, inside, port
        self._process: subprocess.Popen[str] | None = None
        made = self.run("init", f"{name}.example.com/w", "--host", address)
        assert made.returncode == 0, made.stderr

    @property
    def keys(self) -> Path:
        return self.folder / self.name / "witness.pub"

    @property
    def table(self) -> str:
        """What a platform's configuration says of it."""
        at = f"{self.address}:{self.port}"
        files = f'keys = "{self.keys}"\nauthorities = "{self.keys.with_name("ca.pem")}"\n'
        return f'[[witness]]\nname = "{self.name}"\nurl = "https://{at}"\n{files}allow_private = ["{at}"]\n'

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = (*self.inside, *COMMAND, "witness", *words, "--state", str(self.folder / self.name))
        return subprocess.run(
            command, capture_output=True, text=True, timeout=240, check=False, cwd=self.folder
        )

    def start(self) -> None:
        """Start it and return once it answers."""
        at = f"{self.address}:{self.port}"
        command = (
            *self.inside,
            *COMMAND,
            "witness",
            "serve",
            "--listen",
            at,
            "--state",
            str(self.folder / self.name),
        )
        with (self.folder / f"{self.name}.log").open("a") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert " answers on " in line, self.said()
        self.port = int(line.partition(";")[0].rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; return its exit status, 0 where it was not running."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        with process:
            return process.wait(60)

    def said(self) -> str:
        """What it printed to standard error."""
        return (self.folder / f"{self.name}.log").read_text()

    def show(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("show", "--json").stdout)
        return found

    def size(self) -> int:
        """Entries of the one ledger that it trusts, as it cosigned them."""
        (ledger,) = self.show()["ledgers"]
        return int(ledger["size"])


def witness(
    stack: ExitStack, folder: Path, name: str, address: str, inside: tuple[str, ...] = (), port: int = 0
) -> Witness:
    """Return a witness that answers; it ends with the stack."""
    made = Witness(folder, name, address, inside, port)
    stack.callback(made.stop)
    made.start()
    return made
