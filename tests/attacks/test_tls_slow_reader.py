"""An adversary who reads what is left of a closed TLS connection an octet at a time, to keep its buffer for ever."""

import asyncio

import pytest
from typing_extensions import override

from bartizan.crypto import tls_transport
from bartizan.crypto.tls_transport import TlsProtocol
from tests.attacks.test_http_slow_reader import Trickle
from tests.crypto.scene import Notes, server
from tests.gateway.scene import run


class Told(Trickle):
    """Says when it was aborted."""

    def __init__(self, takes: int) -> None:
        super().__init__(takes)
        self.end = asyncio.Event()

    @override
    def abort(self) -> None:
        self.end.set()


@pytest.mark.parametrize("takes", [0, 1, 1_000])
def test_who_takes_little_of_what_is_left_is_cut(monkeypatch: pytest.MonkeyPatch, takes: int) -> None:
    monkeypatch.setattr(tls_transport, "LINGER_SECONDS", 0.001)

    async def scenario() -> None:
        line, raw = TlsProtocol(Notes, server()), Told(takes)
        line.raw = raw
        line._leave()
        await asyncio.wait_for(raw.end.wait(), 60)
        assert raw.get_write_buffer_size() > 100_000  # long before it could have drained

    run(scenario())
