"""A flood that never was, or ended early, is no measurement."""

import socket
from pathlib import Path

import pytest

from bench.bed.alone import Place
from bench.bed.load import Entry, LoadFailed
from bench.bed.processes import PeerFailed
from bench.bed.steady import steady
from bench.flood import flooding
from tests.drill.answers import answering

pytestmark = pytest.mark.slow


def place(port: int) -> Place:
    return Place(Path(), Path(), Entry(port, False, ()), [], "head.claims.signature")


def test_a_flood_goes_on_as_long_as_it_is_looked_at_and_says_how_often_it_tried() -> None:
    networks = set[bool]()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        with flooding(place(server.getsockname()[1]), "churn") as flood:
            while len(networks) < 2:  # of both flooders
                sock, (source, _) = server.accept()
                sock.close()
                networks.add(int(source.split(".")[2]) > 20)
    assert flood.tried > 0


@pytest.mark.parametrize("kind", ["no-such-kind", "no-token"])
def test_a_flood_that_ends_early_or_never_tries_is_no_measurement(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.flood._MOST_S", 0.2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        with (
            pytest.raises(PeerFailed, match="2 of 2 ended"),
            flooding(place(nobody.getsockname()[1]), kind) as flood,
        ):
            assert {flooder.wait(60) for flooder in flood.flooders} == {kind == "no-such-kind"}


def test_a_client_that_is_never_answered_has_seen_nothing() -> None:
    with answering([500]) as door, pytest.raises(LoadFailed, match="answered 0 times"):
        steady(Entry(door.port, False, (("/v1/chat/completions", "token"),)), 0.3)
