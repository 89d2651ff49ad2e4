"""The record of executions adds up, whoever writes to it and however often."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fuzz.record import RECORD, Row, add, read, written

_NUMBERS = st.integers(0, 10**12)
_ROWS = st.builds(
    Row,
    st.sampled_from(["head", "chunks", "json_body"]),
    st.from_regex(r"[0-9a-f]{10}\+?", fullmatch=True),
    st.dates().map(str),
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
)


@given(st.lists(_ROWS, max_size=6, unique_by=lambda row: (row.target, row.commit)))
def test_what_is_written_is_read_again(rows: list[Row]) -> None:
    assert read(written(rows)) == sorted(rows, key=lambda row: row.target)


def test_what_is_executed_at_a_commit_is_added_up_though_several_write_at_once(tmp_path: Path) -> None:
    record = tmp_path / "record.md"
    row = Row("head", "0123456789", "2026-11-26", 500_000, 7, 9, 20)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add(row, record), range(20)))
        add(Row("head", "a123456789", "2026-11-27", 1, 8, 9, 1), record)
    assert [each.executions for each in read(record.read_text())] == [10_000_000, 1]
    assert "| head | 10,000,001 | 8 of 9 | 401 |" in record.read_text()


def test_the_committed_record_is_what_its_own_rows_say() -> None:
    text = RECORD.read_text()
    assert text == written(read(text))
