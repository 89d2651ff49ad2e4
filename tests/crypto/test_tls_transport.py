import asyncio
import shutil
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from bartizan.crypto.tls_faults import TlsFault, TlsTruncated
from bartizan.crypto.tls_transport import TlsProtocol
from tests.crypto.scene import (
    LOOPS,
    Echo,
    Notes,
    client,
    cut,
    dialled,
    files,
    run,
    server,
    stage,
    stdlib_client,
    visit,
)

Loop = Callable[[], asyncio.AbstractEventLoop]
MEGABYTE = 1 << 20

pytestmark = pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])


def test_both_ends_see_the_hybrid_group_and_the_terms(loop: Loop) -> None:
    async def main() -> None:
        async with stage() as found:
            ours = await visit(found.port, Notes(), client())
            theirs = await found.met()
            for facts in (ours.facts, theirs.facts):
                assert facts["group"] == "x25519mlkem768"
                assert (facts["version"], facts["alpn"], facts["resumed"]) == ("TLSv1.3", "http/1.1", False)
                assert facts["peername"][0] == "127.0.0.1"
            ours.transport.close()
            await theirs.lost.wait()

    run(loop, main())


def test_a_classical_client_is_served_and_recorded_under_preferred(loop: Loop) -> None:
    async def main() -> None:
        async with stage() as found:
            ours = await visit(found.port, Notes(), client("X25519"))
            assert (await found.met()).facts["group"] == ours.facts["group"] == "x25519"
            ours.transport.close()
            await ours.lost.wait()

    run(loop, main())


def test_a_classical_client_is_refused_and_counted_under_required(loop: Loop) -> None:
    async def main() -> None:
        async with stage(context=server("required")) as found:
            words: list[str] = []
            await visit(found.port, Notes(), client("X25519"), words)
            assert words == ["refused-by-peer"]
            assert await found.counted() == ["no-shared-group"]
            assert not found.inner

    run(loop, main())


def test_a_server_with_the_wrong_name_never_reaches_the_inner_protocol(loop: Loop) -> None:
    async def main() -> None:
        async with stage() as found:
            words: list[str] = []
            inner = Notes()
            gone = asyncio.Event()

            def refuse(word: str) -> None:
                words.append(word)
                gone.set()

            await asyncio.get_running_loop().create_connection(
                lambda: TlsProtocol(
                    lambda: inner, client(), server_hostname="evil.example", on_refused=refuse
                ),
                "127.0.0.1",
                found.port,
            )
            await gone.wait()
            assert words == ["certificate-refused"]
            assert not inner.made.is_set()
            assert await found.counted() == ["refused-by-peer"]

    run(loop, main())


@pytest.mark.parametrize("octets", [0, 1, 16_384, 16_385, 3 * MEGABYTE])
def test_what_is_sent_comes_back_whole(loop: Loop, octets: int) -> None:
    sent = bytes(range(256)) * (octets // 256 + 1)

    async def main() -> None:
        async with stage() as found:
            ours = await visit(found.port, Notes(), client())
            ours.transport.write(sent[:octets])
            ours.transport.writelines([b"the", b" ", memoryview(b"end")])
            await ours.holds(octets + 7)
            assert bytes(ours.received) == sent[:octets] + b"the end"
            ours.transport.close()
            await ours.lost.wait()
            assert ours.cause is None

    run(loop, main())


def test_an_answer_still_goes_out_after_the_client_ends_if_the_protocol_wants(loop: Loop) -> None:
    class Patient(Notes):
        @override
        def eof_received(self) -> bool:
            asyncio.get_running_loop().call_later(0.05, self.answer)
            return True

        def answer(self) -> None:
            self.transport.write(b"late")
            self.transport.close()

    async def main() -> None:
        async with stage(Patient) as found:
            ours = await visit(found.port, Notes(), client())
            tls = ours.transport.get_protocol()
            assert tls is ours
            session = found.raw[0].session
            assert not session.ended
            ours_tls = ours.transport._tls  # type: ignore[attr-defined]  # to say close_notify and stay
            ours_tls.session.finish()
            ours_tls.raw.write(ours_tls.session.drain())
            await ours.lost.wait()
            assert ours.received == b"late"

    run(loop, main())


def test_a_stream_cut_without_close_notify_is_told_apart_from_an_end(loop: Loop) -> None:
    def send(port: int) -> None:
        line = dialled(port)
        line.sendall(b"half a requ")
        cut(line)

    async def main() -> None:
        async with stage(Notes) as found:
            await asyncio.to_thread(send, found.port)
            theirs = await found.met()
            await theirs.lost.wait()
            assert theirs.received == b"half a requ"
            assert not theirs.eof
            assert isinstance(theirs.cause, TlsTruncated)

    run(loop, main())


def test_a_changed_record_ends_the_connection_with_a_fault(loop: Loop) -> None:
    async def main() -> None:
        async with stage(Notes) as found:
            ours = await visit(found.port, Notes(), client())
            raw = ours.transport._tls.raw  # type: ignore[attr-defined]  # the wire below
            ours.transport.write(b"good")
            raw.write(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
            theirs = await found.met()
            await theirs.lost.wait()
            assert theirs.received == b"good"
            assert isinstance(theirs.cause, TlsFault)
            await ours.lost.wait()
            assert isinstance(ours.cause, TlsFault)
            assert ours.cause.word == "refused-by-peer"

    run(loop, main())


def test_pythons_own_client_is_served(loop: Loop) -> None:
    def talk(port: int) -> tuple[bytes, str | None, bool | None]:
        with dialled(port) as line:
            line.sendall(b"hello")
            return line.recv(100), line.version(), line.session_reused

    async def main() -> None:
        async with stage() as found:
            assert await asyncio.to_thread(talk, found.port) == (b"hello", "TLSv1.3", False)
            assert (await found.met()).facts["group"] == "x25519"

    run(loop, main())


def test_debians_curl_is_served(loop: Loop, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    ca, _ = files(tmp_path)

    class Answering(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
            self.transport.close()

    async def main() -> None:
        async with stage(Answering) as found:
            process = await asyncio.create_subprocess_exec(
                curl,
                "-sS",
                "--max-time",
                "10",
                "--cacert",
                str(ca),
                f"https://localhost:{found.port}/",
                stdout=-1,
            )
            out, _ = await process.communicate()
            assert (process.returncode, out) == (0, b"hello")
            assert (await found.met()).facts["alpn"] == "http/1.1"

    run(loop, main())


def test_a_client_that_offers_only_http_2_is_told_so(loop: Loop) -> None:
    def talk(port: int) -> None:
        context = stdlib_client()
        context.set_alpn_protocols(["h2"])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as line,
            pytest.raises(ssl.SSLError) as fault,
        ):
            context.wrap_socket(line, server_hostname="localhost")
        assert "alert no application protocol" in str(fault.value)

    async def main() -> None:
        async with stage(Echo) as found:
            await asyncio.to_thread(talk, found.port)
            assert await found.counted() == ["no-shared-protocol"]

    run(loop, main())
