"""A worker gone bad writes to the pipe of traces: the exporter takes what has the form, and goes on."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.export import EXPORTED
from bartizan.app.exporter import Exporter, Lines
from bartizan.app.plan import Plan
from bartizan.app.tracing import TracePipe, exporting
from bartizan.clock import SystemClock
from bartizan.metrics.board import OCTETS, read
from bartizan.traces.passage import LONGEST, line, passage
from tests.app.test_export import at
from tests.traces.collector import collecting
from tests.traces.drawn import a_passage


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gather no batch."""
    monkeypatch.setattr("bartizan.app.export._GATHERED_SECONDS", 0.0)


GOOD = line(a_passage(service="sample"))


@contextmanager
def exporter(port: int) -> Iterator[tuple[Exporter, TracePipe, int]]:
    """Yield an exporter of a platform with nothing but the sample, its pipe, and the descriptor of its board."""
    pipe = TracePipe()
    board = os.memfd_create("board", os.MFD_CLOEXEC)
    os.ftruncate(board, OCTETS)
    try:
        what = exporting(Plan("x", (), traces=at(port)), secrets.token_hex(16))
        found = Exporter(what, pipe.reads, os.dup(board), SystemClock())
        yield found, pipe, board
        found.close()
    finally:
        for fd in (pipe.reads, pipe.writes, board):
            os.close(fd)


def counts(board: int) -> dict[str, int]:
    series, _ = read(memoryview(os.pread(board, OCTETS, 0)), EXPORTED)
    return {each.values[0]: each.numbers[0] for each in series if each.values}


SPOILED = {
    "garbage": b"\x00\xff" * 100 + b"\n",
    "nothing": b"\n" * 50,
    "another service": line(a_passage(service="somebody-elses")),
    "another target": line(a_passage(service="sample", target="somewhere")),
    "JSON of another form": b'{"resourceSpans":[]}\n',
    "a line without an end, and then one": b"x" * (LONGEST * 2) + b"\n",
    "deep nesting": b"[" * 4000 + b"\n",
    "a span that names itself": json.dumps([*json.loads(GOOD)[:-1], "evil\r\nx: y"]).encode() + b"\n",
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_what_is_no_passage_of_ours_is_counted_and_the_next_is_told(spoiled: bytes) -> None:
    with collecting() as collector, exporter(collector.port) as (found, pipe, board):
        os.write(pipe.writes, spoiled + GOOD)
        assert found.read()
        collector.until(lambda one: len(one.spans) == 2)
        found.close()
        assert counts(board) == {"malformed": spoiled.count(b"\n"), "": 2}
        assert len(collector.spans) == 2


def test_a_flood_fills_what_is_bounded_and_the_rest_is_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bartizan.app.export.MOST", 100)
    monkeypatch.setattr("bartizan.app.export.BATCH", 10_000)
    with collecting() as collector, exporter(collector.port) as (found, pipe, board):
        for _ in range(300):
            os.write(pipe.writes, GOOD)
        while found.read():
            pass
        found.close()
        told = counts(board)
        assert told["queue-full"] > 0
        assert told[""] + told["queue-full"] == 600
        assert len(collector.spans) == told[""]


def test_a_full_pipe_takes_a_line_as_a_whole_or_not_at_all() -> None:
    pipe = TracePipe()
    piece, pieces = GOOD * (LONGEST // len(GOOD)), 0
    try:
        with contextlib.suppress(BlockingIOError):
            while os.write(pipe.writes, piece) == len(piece):
                pieces += 1
        written, octets = piece * pieces, b""
        assert written
        while len(octets) < len(written):
            octets += os.read(pipe.reads, 1 << 20)
        assert octets == written
    finally:
        os.close(pipe.reads)
        os.close(pipe.writes)


@given(
    st.lists(st.binary(max_size=40).map(lambda octets: octets.replace(b"\n", b"")), max_size=20), st.data()
)
def test_lines_come_out_as_they_went_in_wherever_they_are_cut(
    wanted: list[bytes], data: st.DataObject
) -> None:
    octets = b"".join(each + b"\n" for each in wanted)
    lines, found = Lines(), list[bytes]()
    while octets:
        at_ = data.draw(st.integers(1, len(octets)))
        found += lines.feed(octets[:at_])
        octets = octets[at_:]
    assert found == wanted


def test_what_is_kept_of_a_line_without_end_is_bounded_and_is_never_a_passage() -> None:
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"1" * 65_536) == []
        assert len(lines._rest) <= LONGEST + 1
    (whole,) = lines.feed(b"\n")
    assert passage(whole) is None
