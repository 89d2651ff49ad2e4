"""The connection to a server that counts: real ones, and ones that do everything wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import DAY, MILLISECOND, SECOND, Nanoseconds, SystemClock
from bartizan.crypto.secret import Secret
from bartizan.store.gauge import Ask, Budget, Granted, Places, Rate, Unanswered
from bartizan.store.resp import Replies, Reply, ReplyMalformed, ServerRefused, command
from bartizan.store.valkey import WAITING, Valkey
from bartizan.store.valkey_limits import SCRIPTS, ValkeyLimits, name_of
from tests.ports import free_port
from tests.store.engines import by_socket, by_tls, connected
from tests.valkey import PASSWORD, encrypting, papers, serving

ASKS = (Ask("k", Places(1)),)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def until(condition: Callable[[], object]) -> None:
    for _ in range(6000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to that")


def test_workers_that_share_a_server_never_grant_more_than_there_is() -> None:
    async def worker(limits: ValkeyLimits, name: int) -> int:
        asks = (Ask("rate", Rate(Nanoseconds(3_600_000_000_000), 50), held=False), Ask("places", Places(500)))
        answers = await asyncio.gather(*(limits.ask(f"{name}-{number}", asks) for number in range(100)))
        return sum(isinstance(answer, Granted) for answer in answers)

    async def scenario(path: Path) -> None:
        connections = [await connected(path) for _ in range(4)]
        granted = await asyncio.gather(
            *(worker(ValkeyLimits(one), name) for name, one in enumerate(connections))
        )
        assert sum(granted) == 50
        for one in connections:
            one.close()

    with serving() as path:
        asyncio.run(scenario(path))


@pytest.mark.parametrize("password", [None, "another"])
def test_a_server_that_refuses_us_answers_nothing(password: str | None) -> None:
    async def scenario(path: Path) -> None:
        tries = 0

        async def connect(
            factory: Callable[[], asyncio.Protocol], refused: Callable[[str], None]
        ) -> asyncio.BaseTransport:
            nonlocal tries
            tries += 1
            return await by_socket(path)(factory, refused)

        valkey = Valkey(connect, SCRIPTS, password=Secret(password.encode()) if password else None)
        assert await ValkeyLimits(valkey).ask("q", ASKS) == Unanswered()
        await until(lambda: tries > 2)  # it was refused, and tried again
        assert not valkey.up
        valkey.close()

    with serving("--requirepass", PASSWORD) as path:
        asyncio.run(scenario(path))


STRANGER = ("stranger", "stranger_key")


@pytest.mark.parametrize(
    ("authority", "shown"), [("authority", None), ("authority", STRANGER), ("clients", ("own", "own_key"))]
)
def test_over_tls_neither_side_takes_a_stranger_for_the_other(
    authority: str, shown: tuple[str, str] | None, tmp_path: Path
) -> None:
    """Without a certificate, with another authority's, and where the server's own is not known."""
    found, port, tries = papers(tmp_path), free_port(), list[None]()
    own = (getattr(found, shown[0]), getattr(found, shown[1])) if shown is not None else None

    async def scenario() -> None:
        way = by_tls(port, getattr(found, authority), own)

        async def counted(
            factory: Callable[[], asyncio.Protocol], refused: Callable[[str], None]
        ) -> asyncio.BaseTransport:
            tries.append(None)
            return await way(factory, refused)

        valkey = Valkey(counted, SCRIPTS)
        await until(lambda: len(tries) > 2)
        assert not valkey.up
        assert await ValkeyLimits(valkey).ask("q", ASKS) == Unanswered()
        valkey.close()

    with serving(kind=encrypting(), port=port, shown=found):
        asyncio.run(scenario())


def test_who_speaks_plain_text_where_tls_is_wanted_is_tried_again_until_somebody_does(tmp_path: Path) -> None:
    found, port = papers(tmp_path), free_port()
    way, tries = by_tls(port, found.authority, (found.own, found.own_key)), list[None]()

    async def counted(
        factory: Callable[[], asyncio.Protocol], refused: Callable[[str], None]
    ) -> asyncio.BaseTransport:
        transport = await way(factory, refused)
        tries.append(None)
        return transport

    async def scenario() -> None:
        with serving(port=port):
            valkey = Valkey(counted, SCRIPTS)
            limits, kind = ValkeyLimits(valkey), encrypting()
            await until(lambda: bool(tries))
            assert await limits.ask("q", ASKS) == Unanswered()
        with serving(kind=kind, port=port, shown=found):
            await until(lambda: valkey.up)
            assert isinstance(await limits.ask("q", ASKS), Granted)
        await until(lambda: not valkey.up)
        assert await limits.ask("r", ASKS) == Unanswered()
        valkey.close()

    asyncio.run(scenario())


def test_a_handshake_that_is_never_answered_ends_with_the_connection(tmp_path: Path) -> None:
    found, port = papers(tmp_path), free_port()

    async def scenario() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            begun.set()
            await reader.read()
            ended.set()
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", port):
            valkey = Valkey(by_tls(port, found.authority, None), SCRIPTS)
            await begun.wait()
            assert await ValkeyLimits(valkey).ask("q", ASKS) == Unanswered()
            valkey.close()
            async with asyncio.timeout(5):  # half the time that a handshake has
                await ended.wait()

    asyncio.run(scenario())


def test_a_budget_is_remembered_for_a_day_longer_than_the_servers_clock_says() -> None:
    """A machine whose clock is behind the server's still counts the day that is over there."""

    async def scenario(path: Path) -> None:
        valkey = await connected(path)
        past = Nanoseconds(SystemClock().now() - 3600 * SECOND)
        asks = (Ask("k", Budget(100, past), 10),)
        assert isinstance(await ValkeyLimits(valkey).ask("q", asks), Granted)
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(command(b"PTTL", name_of("k")))
        assert int((await reader.readline())[1:]) > DAY // MILLISECOND
        writer.close()
        valkey.close()

    with serving() as path:
        asyncio.run(scenario(path))


def test_a_server_that_forgot_the_scripts_is_told_again() -> None:
    async def scenario(path: Path) -> None:
        valkey, other = await connected(path), Valkey(by_socket(path), ())
        await until(lambda: other.up)
        assert isinstance(await ValkeyLimits(valkey).ask("q", ASKS), Granted)
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(command(b"SCRIPT", b"FLUSH"))
        assert await reader.readline() == b"+OK\r\n"
        writer.close()
        assert await ValkeyLimits(valkey).ask("r", (Ask("other", Places(1)),)) == Unanswered()
        await until(lambda: valkey.up)
        assert isinstance(await ValkeyLimits(valkey).ask("s", (Ask("third", Places(1)),)), Granted)
        valkey.close()
        other.close()

    with serving() as path:
        asyncio.run(scenario(path))


def test_the_servers_own_time_counts() -> None:
    async def scenario(path: Path) -> None:
        valkey = await connected(path)
        limits, asks = ValkeyLimits(valkey), (Ask("rate", Rate(Nanoseconds(50_000_000), 1), held=False),)
        for number in range(3):
            while not isinstance(await limits.ask(f"q{number}", asks), Granted):
                pass
        valkey.close()

    with serving() as path:
        asyncio.run(scenario(path))


def greeted(then: bytes) -> Serve:
    """Return a server that takes the greeting, and answers every question with these octets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in SCRIPTS:
            await reader.readuntil(b"SCRIPT")
            writer.write(b"$2\r\nab\r\n")
        while await reader.readuntil(b"EVALSHA"):
            writer.write(then)

    return serve


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"-NOSCRIPT no\r\n",
        b"+OK\r\n",
        b":1\r\n",
        b"*3\r\n:0\r\n:1\r\n$1\r\nx\r\n",
        b"*3\r\n:9\r\n:1\r\n:1\r\n",
        b"*100000000\r\n",
        b"$99999999999\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"*2\r\n:0\r\n*0\r\n",
        b"\x00" * 70_000,
    ],
)
def test_whatever_a_server_says_it_is_an_answer_or_none_and_soon(said: bytes, tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "s"
        tasks = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.current_task())
            try:
                await greeted(said)(reader, writer)
            except (OSError, EOFError):
                pass
            finally:
                writer.close()

        async with await asyncio.start_unix_server(accept, str(path)):
            valkey = Valkey(by_socket(path), SCRIPTS)
            await until(lambda: valkey.up)
            limits = ValkeyLimits(valkey)
            assert await limits.ask("q", ASKS) == Unanswered()
            assert await limits.settle("q", ASKS, (1,)) == (0,)
            valkey.close()
            for task in tasks:
                if task is not None:
                    task.cancel()

    asyncio.run(scenario())


def test_so_much_waits_for_a_silent_server_and_no_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "s"
        async with await asyncio.start_unix_server(greeted(b""), str(path)):
            valkey = Valkey(by_socket(path), SCRIPTS)
            await until(lambda: valkey.up)
            limits = ValkeyLimits(valkey)
            waiting = [limits.ask(f"q{number}", ASKS) for number in range(WAITING + 10)]
            await asyncio.sleep(0)
            assert [one.done() for one in waiting[-10:]] == [True] * 10
            assert not any(one.done() for one in waiting[:WAITING])
            assert set(await asyncio.gather(*waiting)) == {Unanswered()}
            valkey.close()

    asyncio.run(scenario())


@given(st.lists(st.integers(-(2**53), 2**53), max_size=6), st.data())
def test_replies_are_the_same_in_whatever_pieces_they_come(numbers: list[int], data: st.DataObject) -> None:
    octets = b"*%d\r\n%b:7\r\n$3\r\nabc\r\n+OK\r\n-ERR no\r\n" % (
        len(numbers),
        b"".join(b":%d\r\n" % number for number in numbers),
    )
    replies, read, at = Replies(), list[Reply | ServerRefused](), 0
    while at < len(octets):
        size = data.draw(st.integers(1, len(octets)))
        read += replies.feed(octets[at : at + size])
        at += size
    assert read[:-1] == [numbers, 7, b"abc", b"OK"]
    assert isinstance(read[-1], ServerRefused)


@given(st.binary(max_size=60))
def test_no_octets_make_the_reader_fall_over(octets: bytes) -> None:
    try:
        list(Replies().feed(octets))
    except ReplyMalformed:
        return
