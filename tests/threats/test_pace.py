"""Turns come as fast as they may, whoever asks, and not at all after the end."""

import threading

import pytest

from bartizan.clock import SECOND, SetClock, SystemClock
from bartizan.threats.evaluation.pace import Pace, PaceEnded


def test_many_threads_together_are_no_faster_than_the_pace() -> None:
    clock = SystemClock()
    pace = Pace(200, clock)
    began, turns = clock.now(), 40

    def ask() -> None:
        for _ in range(turns // 4):
            pace.turn()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() - began >= (turns - 1) * SECOND // 200


def test_without_a_pace_nobody_waits() -> None:
    pace = Pace(0, SetClock(0))
    for _ in range(1000):
        pace.turn()


def test_who_waits_when_it_ends_gets_no_turn() -> None:
    pace = Pace(0, SetClock(0))
    pace.hold(3600)
    seen: list[str] = []

    def wait() -> None:
        with pytest.raises(PaceEnded):
            pace.turn()
        seen.append("ended")

    thread = threading.Thread(target=wait)
    thread.start()
    pace.end()
    thread.join(timeout=30)
    assert seen == ["ended"]
    with pytest.raises(PaceEnded):
        pace.turn()
