"""Boards outlive who counts on them, and are counted on by the same kind of process alone."""

import os
from pathlib import Path

import pytest

from bartizan.app.boards import Boards, boards, opened
from bartizan.app.export import EXPORTED, QUEUE
from bartizan.gateway.metering import ACTIVE, COUNTED
from bartizan.metrics.board import read


def gauges(folder: Path) -> dict[str, int]:
    found = (series for memory in boards(folder) for series in read(memory, (*COUNTED, *EXPORTED))[0])
    return {series.family.name: series.numbers[0] for series in found if series.numbers[0]}


@pytest.mark.parametrize("order", [("worker", "exporter"), ("exporter", "worker")])
def test_no_gauge_of_a_dead_process_stays_whoever_is_replaced_first(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    taken = Boards(tmp_path)
    families = {"worker": (COUNTED, ACTIVE), "exporter": (EXPORTED, QUEUE)}
    for number, kind in enumerate(("exporter", "worker")):
        known, gauge = families[kind]
        board = opened(taken.take(number, last=kind == "exporter"), known)
        board.words[board.place(gauge)] = 7
    assert gauges(tmp_path) == {ACTIVE.name: 7, QUEUE.name: 7}
    taken.give_back(0)
    taken.give_back(1)
    for number, kind in enumerate(order, 2):
        opened(taken.take(number, last=kind == "exporter"), families[kind][0])
    assert gauges(tmp_path) == {}


def test_no_two_count_on_one_board(tmp_path: Path) -> None:
    taken, found = Boards(tmp_path), set[int]()
    for child in range(8):
        for last in (False, True):
            fd = taken.take(2 * child + last, last=last)
            found.add(os.fstat(fd).st_ino)
            os.close(fd)
    assert len(found) == 16
