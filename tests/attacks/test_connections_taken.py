"""An adversary who takes every connection that there is, with a token and without."""

import os
import resource
import socket
import ssl
import sys
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from tests.e2e import conftest
from tests.gateway.scene import Scene, client, request, run, standing, turns
from tests.processes import opened

PLACES = 6
SHELL = ("sh", "-c", 'ulimit -n 700; exec "$0" "$@"', str(Path(sys.executable).with_name("bartizan")))


def few(scene: Scene) -> None:
    scene.connections = PLACES


def test_strangers_take_places_from_strangers_only() -> None:
    async def scenario() -> None:
        async with standing(few) as scene, client(scene) as known, AsyncExitStack() as stack:
            assert (await known.ask(request())).status == 200
            strangers = [await stack.enter_async_context(client(scene)) for _ in range(4 * PLACES)]
            await turns()
            assert (await known.ask(request())).status == 200
            async with client(scene) as newcomer:
                assert (await newcomer.ask(request())).status == 200
            assert await strangers[0].closed() == b""
            await scene.gateway.drain(0)
            (taken,) = [one for one in scene.events() if one.detail.get("reason") == "connections-full"]
            assert taken.detail["count"] == 1 + len(strangers) + 1 - PLACES

    run(scenario())


def test_one_principal_does_not_take_every_place() -> None:
    async def scenario() -> None:
        async with standing(few) as scene, AsyncExitStack() as stack:
            for _ in range(2 * PLACES):
                greedy = await stack.enter_async_context(client(scene))
                assert (await greedy.ask(request())).status == 200
            async with client(scene) as other:
                assert (await other.ask(request(bearer="other"))).status == 200

    run(scenario())


def chat(platform: conftest.Platform, token: str) -> bytes:
    """Return the first octets of the answer to a principal's request on a connection of its own."""
    context = ssl.create_default_context(cafile=platform.authority)
    raw = socket.create_connection(("127.0.0.1", platform.port), timeout=60)
    with context.wrap_socket(raw, server_hostname="localhost") as line:
        body = b'{"model":"sample","messages":[{"role":"user","content":"hi"}]}'
        line.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (token.encode(), len(body), body)
        )
        return line.recv(65536)[:15]


@pytest.mark.slow
def test_a_worker_does_not_run_out_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a descriptor left it could take no connection from the dialer, and ended for all."""
    monkeypatch.setattr(conftest, "COMMAND", SHELL)
    with ExitStack() as stack:
        soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # ours: thousands of tests were here before
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * soft, most), most))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, most))
        platform = conftest.start(stack)
        token = platform.token()
        before = [one["pid"] for one in platform.status()["processes"] if one["state"] == "serving"]
        for _ in range(900):
            raw = socket.create_connection(("127.0.0.1", platform.port), timeout=60)
            stack.callback(raw.close)
        for _ in range(3):
            assert chat(platform, token) == b"HTTP/1.1 200 OK"
        after = [one["pid"] for one in platform.status()["processes"] if one["state"] == "serving"]
        assert before == after
        if os.geteuid() == 0:  # a worker's own user may not look into it
            assert len(opened(after[0])) < 700
