import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.drill.listeners import Tcp, Unix, belonging

NOWHERE = Path("/nowhere")


def test_a_process_is_shown_with_every_listener_it_holds() -> None:
    name = f"bartizan-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as four,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        unix.bind(f"\0{name}")
        unix.listen()
        found = belonging([os.getpid()], NOWHERE)
        assert {Tcp(four.getsockname()[1]), Unix(f"@{name}")} <= {*found}


def test_a_connection_is_no_listener() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert Tcp(client.getsockname()[1]) not in belonging([os.getpid()], NOWHERE)


def test_another_process_s_listener_is_not_the_platform_s() -> None:
    script = "import socket,sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert Tcp(port) not in belonging([os.getpid()], NOWHERE)
        assert Tcp(port) in belonging([other.pid], NOWHERE)
        other.communicate("")


def test_a_socket_in_the_platform_s_folder_is_the_platform_s_whoever_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "s"))
        unix.listen()
        assert Unix(str(tmp_path / "s")) in belonging([], tmp_path)
