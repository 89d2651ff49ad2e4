"""An adversary who is the service, or has it say what it wants: it claims tokens beyond all measure for an answer."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bartizan.app.metering import Metering
from bartizan.app.plan import Meter, Price
from bartizan.clock import SystemClock
from bartizan.gateway.holds import Expected, Overdrawn, Reserved
from bartizan.gateway.tokens import Usage
from bartizan.gateway.usage import usage
from bartizan.store.gauge import OWED
from bartizan.store.valkey_limits import ValkeyLimits
from tests.store.engines import connected
from tests.valkey import serving

METERS = (
    Meter("principal", tokens_per_minute=1),
    Meter("client", tokens_per_minute=60),
    Meter("service", concurrent=100),
    Meter("address", ("a",), spend_per_day=10**15 - 1),
)
PRICES = (Price("a", "*", 10**15 - 1, 10**15 - 1),)
CALLER = Expected("q-0", "a", "chat", "user.x", "p-00000000000000aa", "c-1", "a-1", "m", 1, 0)
MOST = usage(b'"usage":{"prompt_tokens":1000000000,"completion_tokens":1000000000}')


@pytest.mark.parametrize("engine", ["memory", "server"])
def test_no_claim_takes_the_limiter_away_from_others(engine: str) -> None:
    """One script that fails would end the connection to the server, and with it everybody's requests."""

    async def ask(counts: Metering, number: int, who: str) -> Reserved | Overdrawn | None:
        changes = {"lease": f"q-{number}", "principal": who, "client": who, "address": who}
        answer = counts.reserve(msgspec.structs.replace(CALLER, **changes), SystemClock().now())
        return await answer if isinstance(answer, asyncio.Future) else answer

    async def scenario(path: Path | None) -> None:
        presence = list[bool]()
        valkey = await connected(path, presence=presence.append) if path is not None else None
        counts = Metering(METERS, PRICES, SystemClock(), None if valkey is None else ValkeyLimits(valkey))
        assert Usage(10**9, 10**9) == MOST
        held = [await ask(counts, number, f"user.{number}") for number in range(50)]
        for claims in held:
            assert isinstance(claims, Reserved)
            counts.settle(claims, MOST.prompt_tokens, MOST.completion_tokens)
        await counts.settled()
        for number in range(50):
            refused = await ask(counts, 100 + number, f"user.{number}")
            assert isinstance(refused, Overdrawn)
            assert refused.party in {"tokens", "spend"}
            assert 0 < refused.wait <= OWED
        assert isinstance(await ask(counts, 200, "user.another"), Reserved)
        if valkey is not None:
            assert presence == [True]
            valkey.close()
            await asyncio.sleep(0)

    if engine == "memory":
        asyncio.run(scenario(None))
    else:
        with serving() as path:
            asyncio.run(scenario(path))
