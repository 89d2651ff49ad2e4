"""Whoever has the ledger's keys shows one history here and another there.

Two real witnesses, each asked by whoever likes: none cosigns both histories, no history that contradicts a witnessed one
gets as many witnesses as are asked for, and what was signed convicts who signed it.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest

from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import words
from bartizan.ledger.quorum import Quorum
from bartizan.ledger.witness import encode
from tests.http.witnesses import Witness, answers
from tests.ledger.histories import LEDGER, History

SIZE, FORK = 60, 30
TRUE, FALSE = History(SIZE), History(SIZE, fork=FORK)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Witness, Witness]]:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(answers(tmp_path / name, LEDGER.verifiers, name=f"{name}.example.com/w"))
            for name in ("one", "two")
        )
        yield first, second


def said(witnesses: tuple[Witness, ...], note: bytes, lines: bytes) -> int:
    """How many of them have cosigned a checkpoint."""
    point, found = parse_point(note + lines)
    return len(words([one.known for one in witnesses], point, found))


def test_each_history_shown_to_one_witness_gets_one_word_and_never_two(two: tuple[Witness, Witness]) -> None:
    for one, history in zip(two, (TRUE, FALSE), strict=True):
        assert one.post(history.request(0, 40)).status == 200
    tries = product((40, 45, SIZE), (0, 35, 40))
    for size, old in tries:
        for one, history in zip(two, (FALSE, TRUE), strict=True):  # each is shown the other one's
            proof = history.proof(old, size)
            for wrong in (proof, (), proof[:-1], (*proof, bytes(32)), proof[::-1]):
                assert one.post(encode(old, wrong, history.note(size))).status in (409, 422)
    assert [one.size() for one in two] == [40, 40]


def test_what_each_witness_said_does_not_add_up_to_a_quorum(two: tuple[Witness, Witness]) -> None:
    first, second = two
    lines = first.post(TRUE.request(0, 40)).body, second.post(FALSE.request(0, 40)).body
    for history in (TRUE, FALSE):
        assert said(two, history.note(40), b"".join(lines)) == 1
    quorum = Quorum(2)
    for history, name, line in zip((TRUE, FALSE), ("one", "two"), lines, strict=True):
        quorum.begin(history.note(40))
        assert quorum.add(history.note(40), name, line) is None


def test_a_history_that_was_rolled_back_gets_no_word_at_any_size(two: tuple[Witness, Witness]) -> None:
    for one in two:
        assert one.post(TRUE.request(0, 50)).status == 200
    for one, size in product(two, range(1, 50, 7)):
        for old in {0, size, 50}:
            assert one.post(encode(old, (), TRUE.note(size))).status in (400, 409)
    assert [one.size() for one in two] == [50, 50]


def test_two_trees_of_one_size_convict_who_signed_them(two: tuple[Witness, Witness]) -> None:
    first, _ = two
    assert first.post(TRUE.request(0, 40)).status == 200
    assert first.post(FALSE.request(40, 40)).status == 409
    (kept,) = first.installed.store.evidence()
    one, other = kept.seen, kept.request.partition(b"\n\n")[2]
    points = [LEDGER.verifiers.open(note) for note in (one, other)]
    assert points[0].size == points[1].size
    assert points[0].root != points[1].root


def test_of_two_histories_offered_at_once_a_witness_takes_one(two: tuple[Witness, Witness]) -> None:
    first, _ = two
    assert first.post(TRUE.request(0, 20)).status == 200
    start, statuses = threading.Barrier(6), list[tuple[int, int]]()

    def submit(at: int) -> None:
        octets = (TRUE, FALSE)[at % 2].request(20, 40 + at)
        start.wait()
        statuses.append((at, first.post(octets).status))

    threads = [threading.Thread(target=submit, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cosigned = [at for at, status in statuses if status == 200]
    assert len(cosigned) == 1
    assert {status for at, status in statuses if at not in cosigned} == {409}
    assert first.size() == 40 + cosigned[0]


def test_a_word_with_one_of_its_signatures_stripped_is_no_word(two: tuple[Witness, Witness]) -> None:
    first, second = two
    lines = first.post(TRUE.request(0, 40)).body + second.post(TRUE.request(0, 40)).body
    assert said(two, TRUE.note(40), lines) == 2
    every = lines.splitlines(keepends=True)
    for at in range(len(every)):
        assert said(two, TRUE.note(40), b"".join(every[:at] + every[at + 1 :])) == 1
