"""Real receivers out of Debian's packages: rsyslog, and a NATS server with a stream; gone with the block."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from bartizan.clock import SECOND, SystemClock
from tests.crypto.scene import papers
from tests.ports import free_port

PATHS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
PATIENCE = 120 * SECOND


def command(name: str) -> str:
    """Return the path of a server; without it the test stands aside."""
    found = shutil.which(name, path=PATHS)
    if found is None:
        pytest.skip(f"needs {name}, of the Debian package {'rsyslog' if name == 'rsyslogd' else name}")
    return found


def until(holds: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until that holds; fail where the process ends before."""
    clock = SystemClock()
    end = clock.now() + PATIENCE
    while not holds():
        assert clock.now() < end, "it took too long"
        assert process is None or process.poll() is None, "the server has ended"
        time.sleep(0.02)


def written(folder: Path) -> tuple[Path, Path, Path]:
    """Write the authority, the chain and the key of `localhost` into a folder; return where."""
    paths = folder / "ca.pem", folder / "chain.pem", folder / "key.pem"
    for path, octets in zip(paths, (papers().ca, papers().chain, papers().key), strict=True):
        path.write_bytes(octets)
    return paths


class Rsyslog(msgspec.Struct):
    """A running rsyslog: its ports, and the file that it writes to: `MSGID|STRUCTURED-DATA|MESSAGE`."""

    tcp: int
    tls: int
    udp: int
    file: Path

    def lines(self) -> list[list[str]]:
        text = self.file.read_text() if self.file.exists() else ""
        return [line.split("|", 2) for line in text.splitlines()]


_RSYSLOG = """
global(workDirectory="{folder}" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{ca}"
       defaultNetstreamDriverCertFile="{chain}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp")
module(load="imudp")
template(name="parts" type="string" string="%msgid%|%structured-data%|%msg%\\n")
ruleset(name="out") {{ action(type="omfile" file="{file}" template="parts") }}
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{folder}/tcp" ruleset="out"
      streamDriver.name="ptcp" streamDriver.mode="0")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{folder}/tls" ruleset="out"
      streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="out")
"""


@contextmanager
def rsyslog(folder: Path) -> Iterator[Rsyslog]:
    """Yield a running rsyslog."""
    path, file, udp = command("rsyslogd"), folder / "received", free_port()
    ca, chain, key = written(folder)
    (folder / "conf").write_text(
        _RSYSLOG.format(folder=folder, ca=ca, chain=chain, key=key, file=file, udp=udp)
    )
    arguments = (path, "-n", "-f", str(folder / "conf"), "-i", str(folder / "pid"))
    with _running(arguments, folder) as process:
        ports = folder / "tcp", folder / "tls"
        until(lambda: all(one.exists() and one.read_text().strip() for one in ports), process)
        tcp, tls = (int(one.read_text()) for one in ports)
        yield Rsyslog(tcp, tls, udp, file)


class Nats:
    """A NATS server that can be killed and started again on what it has stored.

    Attributes:
        port: of 127.0.0.1.
    """

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self._path, self._folder, self.port = command("nats-server"), folder, free_port()
        secure = ""
        if tls:
            _, chain, key = written(folder)
            secure = f'tls {{ cert_file: "{chain}", key_file: "{key}" }}'
        (folder / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\n{secure}\n'
            f'jetstream {{ store_dir: "{folder}/store", max_mem: 64MB, max_file: 64MB }}\n'
            'authorization { user: "bartizan", password: "of-this-test-alone" }\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        arguments = (self._path, "-c", str(self._folder / "nats.conf"))
        with _running(arguments, self._folder) as process:
            until(self._answers, process)
            self._process = process
            yield

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as end:
                return end.recv(4) == b"INFO"
        except OSError:
            return False


@contextmanager
def _running(arguments: tuple[str, ...], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=said, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
