import asyncio

import pytest

from bartizan.gateway.connection import Connection, connection_of
from bartizan.gateway.controls.tls_strong import CONTROL
from tests.crypto.scene import LOOPS, Notes, client, run, stage, visit


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_real_connections_terms_are_strong(loop: type[asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        async with stage() as found:
            ours = await visit(found.port, Notes(), client())
            theirs = await found.met()
            terms = connection_of(theirs.transport)
            assert terms == Connection("TLSv1.3", "x25519mlkem768", "http/1.1", resumed=False)
            assert CONTROL.judge(terms) == ()
            ours.transport.close()
            await ours.lost.wait()

    run(loop, main())


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_connection_without_tls_is_seen_as_one(loop: type[asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        running = asyncio.get_running_loop()
        listener = await running.create_server(Notes, "127.0.0.1", 0)
        transport, _ = await running.create_connection(Notes, *listener.sockets[0].getsockname())
        terms = connection_of(transport)
        assert terms == Connection("", "none")
        assert {finding.reason for finding in CONTROL.judge(terms)} == {"tls-version", "tls-group"}
        transport.abort()
        listener.close()
        await listener.wait_closed()

    run(loop, main())


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (Connection("TLSv1.2", "x25519"), "tls-version"),
        (Connection("TLSv1.3", "other"), "tls-group"),
        (Connection("TLSv1.3", "x25519", "h2"), "tls-protocol"),
        (Connection("TLSv1.3", "x25519", "http/1.1", resumed=True), "tls-resumed"),
    ],
)
def test_each_weakness_has_its_word(terms: Connection, reason: str) -> None:
    assert [finding.reason for finding in CONTROL.judge(terms)] == [reason]
