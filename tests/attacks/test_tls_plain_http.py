"""Somebody speaks HTTP without TLS: answered with one constant sentence, never served, counted."""

import asyncio

import pytest

from tests.crypto.scene import LOOPS, plain_exchange, run, stage

SECRET = b"Bearer very-secret"


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1", b"POST /v1/chat/completions HTTP/1.1", b"HEAD / HTTP/1.0"]
)
def test_plain_http_is_told_to_use_https_and_nothing_else(
    loop: type[asyncio.AbstractEventLoop], line: bytes
) -> None:
    async def main() -> None:
        async with stage() as found:
            request = line + b"\r\nHost: localhost\r\nAuthorization: " + SECRET + b"\r\n\r\n"
            answer = await asyncio.to_thread(plain_exchange, found.port, request)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 ")
            assert b"use https" in body
            assert f"Content-Length: {len(body)}".encode() in head
            assert SECRET not in answer
            assert await found.counted() == ["http-on-tls"]
            assert not found.inner

    run(loop, main())
