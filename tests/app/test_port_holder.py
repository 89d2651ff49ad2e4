"""Who holds a port is found in the kernel's own tables."""

import os
import socket
from pathlib import Path

import pytest

from bartizan.app.port_holder import holder, refusal

EVERY = "0.0.0.0"  # noqa: S104 - a port of a moment, nothing is answered on it


@pytest.mark.parametrize(
    ("bound", "asked"),
    [
        ("127.0.0.1", "127.0.0.1"),
        (EVERY, "127.0.0.1"),
        ("::1", "::1"),
        ("::", "127.0.0.1"),
        ("127.0.0.1", EVERY),
    ],
)
def test_the_process_that_listens_is_named(bound: str, asked: str) -> None:
    family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((bound, 0))
        listener.listen()
        found = holder(asked, listener.getsockname()[1])
    assert found is not None
    assert found.pid == os.getpid()
    assert str(os.getpid()) in str(found)


def test_a_free_port_and_another_address_have_no_holder() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert holder("127.0.0.1", port) is None
    assert holder("127.0.0.2", port) is None


def test_a_process_that_may_not_be_looked_at_is_named_by_its_user(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  4242        0 777 1\n"
    )
    (tmp_path / "17").mkdir()
    found = holder("127.0.0.1", 8443, tmp_path)
    assert found is not None
    assert str(found) == "a process of user 4242"
    assert holder("127.0.0.1", 8444, tmp_path) is None


def test_the_kernels_refusal_is_told_and_nothing_is_left_listening() -> None:
    assert refusal("127.0.0.1", 0) == ""
    assert refusal("192.0.2.1", 0) == "Cannot assign requested address"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert refusal("127.0.0.1", port) == "Address already in use"
    assert refusal("127.0.0.1", port) == ""
