"""A client of 2008 and one that somebody talks down to its version: TLS 1.2 and older are not spoken."""

import asyncio
import socket
import ssl
import warnings

import pytest

from tests.crypto.scene import LOOPS, run, stage, stdlib_client


def attempt(port: int, version: ssl.TLSVersion) -> str:
    context = stdlib_client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the versions under attack are deprecated
        context.minimum_version = version
        context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as line,
        pytest.raises(ssl.SSLError) as fault,
    ):
        context.wrap_socket(line, server_hostname="localhost")
    return str(fault.value)


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_an_old_version_is_refused_by_its_name(
    loop: type[asyncio.AbstractEventLoop], version: ssl.TLSVersion
) -> None:
    async def main() -> None:
        async with stage() as found:
            assert "protocol version" in await asyncio.to_thread(attempt, found.port, version)
            assert await found.counted() == ["no-shared-version"]
            assert not found.inner

    run(loop, main())
