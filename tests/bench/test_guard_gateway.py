"""What is held back of a stream is counted event by event, and what requests cost is counted for every guard."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from bench.bed.crowd import Answering
from bench.bed.crowd import Service as Whole
from bench.bed.guarded import GUARDS, beside_long_prompts, cost, guarded, prose
from bench.bed.load import Entry
from bench.bed.processes import cpu_ns
from bench.bed.sse_steps import Service, stepped

WORDS = [f"{word} " for word in next(prose(1, 2)).split()]


@contextmanager
def whole_answers() -> Iterator[int]:
    with Whole(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_of_a_stream_that_nobody_reads_nothing_is_held() -> None:
    with Service() as service:
        seen = stepped(service, Entry(service.port, False, (("/", "token"),)), WORDS, lambda: 0)
    assert (seen.most, seen.chunks, seen.whole) == (0, len(WORDS), True)


def test_every_text_is_new_and_as_long_as_it_says() -> None:
    texts = prose(2, 4)
    some = [next(texts) for _ in range(20)]
    assert len({*some}) == 20
    assert {len(text) for text in some} == {4096}


@pytest.mark.slow
def test_each_guard_is_measured_and_holds_back_what_it_says() -> None:
    with (
        whole_answers() as port,
        Service() as service,
        guarded({"whole": port, "steps": service.port}) as place,
    ):
        spent = partial(cpu_ns, place.pids)
        seen = {guard: stepped(service, place.entry(guard, "steps"), WORDS, spent) for guard in GUARDS}
        assert seen["off"].most == seen["observe"].most == 0
        assert 0 < seen["standard"].most <= 256
        assert all(each.whole and each.cpu_us > 0 for each in seen.values())
        texts = prose(3, 16)
        costs = {guard: cost(place, guard, [next(texts) for _ in range(20)]) for guard in GUARDS}
        assert costs["standard"] > costs["off"] > 0
        beside = beside_long_prompts(place, "off", [next(texts) for _ in range(2)], 0.2)
    assert len(beside.longest_ms) == 2
    assert beside.alone
