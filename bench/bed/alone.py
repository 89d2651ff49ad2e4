"""Bartizan alone under test: one service, one client, everything else as it comes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.bed import peers
from bench.bed.load import Entry
from bench.bed.processes import PeerFailed, tree

_COMMAND = str(Path(sys.executable).with_name("bartizan"))


@dataclass(frozen=True, slots=True)
class Place:
    """A running platform: its folders, where it answers, its processes without the sample, and its client's token."""

    folder: Path
    state: Path
    entry: Entry
    pids: list[int]
    token: str

    def again(self) -> "Place":
        """Return the same with another token."""
        token = command(self.folder, "token", "--state", str(self.state)).strip()
        path, _ = self.entry.calls[0]
        return replace(self, entry=replace(self.entry, calls=((path, token),)), token=token)


@contextmanager
def alone(*, tls: bool = True, said: str = "") -> Iterator[Place]:
    """Run a platform as it comes in front of nginx, with one service and no limit of requests.

    Args:
        tls: whether it speaks TLS.
        said: lines of its configuration beside that, each with its end.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with peers.upstream(folder) as behind:
            state = folder / "state"
            (folder / "bartizan.toml").write_text(
                said
                + ("" if tls else 'tls = "off"\n')
                + f'[[service]]\nname = "service"\nupstream = "http://127.0.0.1:{behind.whole}/v1"\n'
                f'allow_private = ["127.0.0.1:{behind.whole}"]\n'
                'guard = "off"\nlimits = { requests_per_minute = 1_000_000_000 }\n'
            )
            try:
                command(folder, "up", "--detach", "--port", "0", "--no-drill", "--state", str(state))
                yield _place(folder, state, tls=tls)
            finally:
                command(folder, "down", "--state", str(state))


def _place(folder: Path, state: Path, *, tls: bool) -> Place:
    status = json.loads((state / "run" / "status.json").read_text())
    token = command(folder, "token", "--state", str(state)).strip()
    port = int(status["listen"].rpartition(":")[2])
    sample = {each["pid"] for each in status["processes"] if each["kind"] == "sample"}
    pids = [pid for pid in tree(int(status["pid"])) if pid not in sample]
    return Place(folder, state, Entry(port, tls, (("/v1/chat/completions", token),)), pids, token)


def command(place: Path, *words: str) -> str:
    """Return what a command of ours says on its standard output.

    Raises:
        PeerFailed: it ended with an error.
    """
    told = subprocess.run([_COMMAND, *words], cwd=place, capture_output=True, text=True, check=False)
    if told.returncode:
        raise PeerFailed(f"bartizan {words[0]}: {told.stdout[-1000:]}{told.stderr[-1000:]}")
    return told.stdout
