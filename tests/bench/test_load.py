"""A load that ended early, and an answer that is none, are no measurement."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench import kills
from bench.bed import platform
from bench.bed.crowd import Load, LoadEnded
from bench.bed.load import Entry, LoadFailed, stream
from bench.bed.platform import Owner, revocations
from bench.bed.processes import PeerFailed
from bench.kills import CampaignFailed, Wanted, campaign
from tests.e2e.test_processes import until


@contextmanager
def saying(octets: bytes) -> Iterator[Entry]:
    """Answer one connection with these octets, and hold it open for as long as it is looked at."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as sock:
                sock.recv(65536)
                sock.sendall(octets)
                over.wait(60)

        thread = threading.Thread(target=answer)
        thread.start()
        yield Entry(server.getsockname()[1], False, (("/v1/chat/completions", "token"),))
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\ndata: [DONE]\n\n",
    ],
)
def test_what_streams_nothing_was_no_stream(octets: bytes) -> None:
    with saying(octets) as entry, pytest.raises(LoadFailed):
        stream(entry)


def test_a_client_that_ends_early_ends_the_load_aloud() -> None:
    with pytest.raises(LoadEnded), Load(1, ["a token\r\nthat cannot be sent"]) as load:
        until(lambda: len(load.ended) == 6)


@pytest.mark.parametrize("spare", [[], ["t-1"]])
def test_revocations_that_end_early_are_told(
    spare: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "_APART_S", 0.001)
    with (
        closing(Owner(tmp_path / "owner.sock")) as nobody,
        pytest.raises(PeerFailed, match="ended early"),
        revocations(nobody, spare) as thread,
    ):
        thread.join(60)


def test_revocations_that_go_on_are_no_fault(tmp_path: Path) -> None:
    with revocations(Owner(tmp_path / "owner.sock"), ["t-1"]) as thread:
        assert thread.is_alive()


def test_a_campaign_that_would_kill_nothing_is_none(tmp_path: Path) -> None:
    with pytest.raises(CampaignFailed, match="nothing would be killed"):
        campaign(tmp_path, Wanted(0, each=True), random.Random(1))  # noqa: S311 - nothing is drawn


def test_a_platform_that_answers_nobody_after_the_kills_has_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kills, "_PATIENCE_S", 0.01)
    with pytest.raises(CampaignFailed, match="no client is answered"):
        kills._served(Load(1, ["token"]))  # which nobody has begun
