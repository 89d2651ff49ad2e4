"""One worker of a storm: a process of its own that asks a shared server for all it can get, and says what it got."""

import asyncio
import json
import random
import sys
import time
from pathlib import Path

from bartizan.clock import SECOND, Nanoseconds
from bartizan.store.gauge import Ask, Budget, Granted, Places, Rate
from bartizan.store.valkey_limits import ValkeyLimits
from tests.store.engines import connected

RATE = Rate(Nanoseconds(SECOND // 100), 40)
PLACES = Places(7)
BUDGET = Budget(900, Nanoseconds(4_000_000_000 * SECOND))
TASKS = 12


Told = list[tuple[int, int, int, int, int, int]]
"""Of each request that was granted: begin and end of what it did, begin and end of the counting of it (nanoseconds of this
machine's), and the tokens and the money that it paid."""


async def one(limits: ValkeyLimits, name: str, requests: int, chance: random.Random) -> Told:
    """Ask so often, one after another."""
    told: Told = []
    for number in range(requests):
        lease, tokens, money = f"{name}-{number}", chance.randrange(1, 6), chance.randrange(4)
        asks = (Ask("tokens", RATE, tokens), Ask("places", PLACES), Ask("budget", BUDGET, money))
        before = time.monotonic_ns()
        if not isinstance(await limits.ask(lease, asks), Granted):
            continue
        begun = time.monotonic_ns()
        await asyncio.sleep(chance.random() / 100)
        used, cost = chance.randrange(tokens + 1), chance.randrange(money + 1)
        ends = time.monotonic_ns()
        await limits.settle(lease, asks, (used, 1, cost))
        told.append((begun, ends, before, time.monotonic_ns(), used, cost))
    return told


async def main(path: str, name: str, requests: int) -> None:
    """Ask, and write as JSON what was got, and whether every question was answered in time."""
    presence: list[bool] = []
    valkey = await connected(Path(path), presence=presence.append)
    limits = ValkeyLimits(valkey)
    chances = (random.Random(f"{name} {task}") for task in range(TASKS))  # noqa: S311  # the same storm each time
    tasks = (one(limits, f"{name}-{task}", requests, chance) for task, chance in enumerate(chances))
    told = [each for some in await asyncio.gather(*tasks) for each in some]
    sys.stdout.write(json.dumps((told, presence == [True])))
    valkey.close()
    await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
