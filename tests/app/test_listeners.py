"""The platform's listeners: refused connections are taken again, and what a worker did to its copy does not last."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.app.listeners import Listeners
from bartizan.app.plan import Plan


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[Listeners]:
    folder = Folder(tmp_path)
    folder.make()
    made = Listeners(Plan(str(tmp_path), (), port=0, metrics_host="127.0.0.1"), folder)
    with contextlib.ExitStack() as stack:
        for each in (made.gateway, made.control, made.owner, made.metrics):
            assert each is not None
            stack.enter_context(each)
        yield made


def reached(listeners: Listeners) -> bool:
    """Return whether a client gets through to the gateway's listener, which must not block."""
    with (
        contextlib.suppress(ConnectionRefusedError),
        socket.create_connection(listeners.gateway.getsockname()),
    ):
        listeners.gateway.accept()[0].close()
        return True
    return False


def test_clients_are_refused_and_taken_again_at_the_same_address(listeners: Listeners) -> None:
    before = listeners.issuer
    assert reached(listeners)
    for _ in range(2):
        listeners.refuse()
        assert not listeners.accepting
        assert not reached(listeners)
    listeners.accept()
    assert listeners.accepting
    assert reached(listeners)
    assert listeners.issuer == before


def test_what_a_worker_did_to_its_copy_is_set_right_before_the_next_serves(listeners: Listeners) -> None:
    with socket.socket(fileno=os.dup(listeners.gateway.fileno())) as copy:
        copy.setblocking(True)
        copy.shutdown(socket.SHUT_RD)
    assert not reached(listeners)
    listeners.accept()
    assert not os.get_blocking(listeners.gateway.fileno())
    assert reached(listeners)


def test_a_taken_port_of_the_numbers_is_named_by_its_key(listeners: Listeners, tmp_path: Path) -> None:
    port = int(listeners.scraped.rpartition(":")[2])
    plan = Plan(str(tmp_path), (), port=0, metrics_host="127.0.0.1", metrics_port=port)
    with pytest.raises(
        OSError, match=rf"metrics\.listen, 127\.0\.0\.1:{port}: .*; name another, or leave it out"
    ):
        Listeners(plan, Folder(tmp_path))


def test_an_address_is_shown_as_clients_write_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    try:
        made = Listeners(Plan(str(tmp_path), (), host="::1", port=0, tls=False), folder)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with made.gateway, made.control, made.owner:
        port = made.gateway.getsockname()[1]
        assert (made.listens, made.scraped) == (f"[::1]:{port}", "")
        assert made.issuer == made.near == f"http://localhost:{port}"


def test_the_issuer_is_where_clients_reach_the_gateway_and_programs_of_this_machine_go_the_short_way(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path)
    folder.make()
    for url in ("https://ai.example.com", ""):
        everywhere = "0.0.0.0"  # noqa: S104 - a port of a moment, nothing is answered on it
        made = Listeners(Plan(str(tmp_path), (), host=everywhere, port=0, url=url), folder)
        with made.gateway, made.control, made.owner:
            assert made.near == f"https://localhost:{made.gateway.getsockname()[1]}"
            assert made.issuer == (url or made.near)
