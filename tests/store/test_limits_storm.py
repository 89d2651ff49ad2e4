"""Processes that ask one server for all they can get, at once: together they get no more than one would."""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path

import pytest

from bartizan.clock import MICROSECOND, SECOND
from bartizan.store.gauge import Ask, Granted
from bartizan.store.memory_limits import LEASE
from bartizan.store.valkey_limits import ValkeyLimits
from tests.store import storm
from tests.store.engines import connected
from tests.valkey import serving

ROOT = Path(__file__).parents[2]
WORKERS, REQUESTS = 4, 40


def worker(path: Path, name: int, requests: int = REQUESTS) -> "subprocess.Popen[str]":
    words = (sys.executable, "-m", "tests.store.storm", str(path), str(name), str(requests))
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)


async def left(path: Path) -> tuple[int, ...]:
    """Return what is left of the places and of the budget."""
    valkey = await connected(path)
    answer = await ValkeyLimits(valkey).ask(
        "last", (Ask("places", storm.PLACES), Ask("budget", storm.BUDGET, 0))
    )
    valkey.close()
    await asyncio.sleep(0)
    return answer.left if isinstance(answer, Granted) else ()


@pytest.mark.slow
def test_workers_under_a_storm_together_never_get_more_than_there_is() -> None:
    with ExitStack() as stack:
        path = stack.enter_context(serving())
        workers = [stack.enter_context(worker(path, name)) for name in range(WORKERS)]
        said = [json.loads(one.communicate(timeout=120)[0]) for one in workers]
        over = asyncio.run(left(path))
    told: storm.Told = [each for some, _ in said for each in some]
    assert len(told) > storm.RATE.burst // 5
    # of places: from when it was known to be granted until it was settled
    moves = sorted([(begun, 1) for begun, *_ in told] + [(ends, -1) for _, ends, *_ in told])
    assert max(accumulate(move for _, move in moves)) <= storm.PLACES.most
    # of money: to the millionth, and nothing is held for anybody any more
    paid = sum(each[5] for each in told)
    assert paid <= storm.BUDGET.most
    rest = (storm.PLACES.most - 1, storm.BUDGET.most - paid)
    if all(answered for _, answered in said):
        assert over == rest
    else:  # whoever got no answer in time may still hold something, for a minute
        assert all(one <= other for one, other in zip(over, rest, strict=False))
    # of tokens: what was paid between any two instants, where all of its time is counted as theirs
    for _, _, asked, *_ in told:
        inside = sorted((each[3], each[4]) for each in told if each[2] >= asked)
        for (last, _), used in zip(inside, accumulate(used for _, used in inside), strict=True):
            assert used <= storm.RATE.burst + (last - asked) / storm.RATE.interval


@pytest.mark.slow
def test_what_a_killed_worker_held_is_nobody_elses_until_its_lease_runs_out() -> None:
    async def taken(limits: ValkeyLimits) -> int:
        answer = await limits.ask("look", (Ask("places", storm.PLACES, 0),))
        assert isinstance(answer, Granted)
        return storm.PLACES.most - answer.left[0]

    async def scenario(path: Path) -> None:
        valkey, left_behind = await connected(path), 0
        limits = ValkeyLimits(valkey)
        while not left_behind:  # it may have been killed between two requests
            with worker(path, 1, 10_000) as killed:
                while not await taken(limits):
                    pass
                killed.kill()
            left_behind = await taken(limits)
        places = (Ask("places", storm.PLACES),)
        answers = [await limits.ask(f"q{number}", places) for number in range(storm.PLACES.most)]
        assert sum(isinstance(answer, Granted) for answer in answers) == storm.PLACES.most - left_behind
        later = ValkeyLimits(valkey, lambda: (time.time_ns() + LEASE + SECOND) // MICROSECOND)
        assert isinstance(await later.ask("r", places), Granted)
        valkey.close()
        await asyncio.sleep(0)

    with serving() as path:
        asyncio.run(scenario(path))
