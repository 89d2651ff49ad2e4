"""A run's answers on disk: only added to, gone on with after any end, never mixed with another run's."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.threats.evaluation.journal import Answered, Journal, JournalUnusable, Judged, began

NOW, LATER = Nanoseconds(1_800_000_000_000_000_000), Nanoseconds(1_800_000_001_000_000_000)


def test_what_was_written_is_there_again_with_the_time_it_began(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    with Journal(file, "terms", NOW) as journal:
        journal.add(Answered("a/1/direct/0", "text\nof two lines"))
        journal.add(Judged("a/1/direct/0", "judge", "refused"))
    with Journal(file, "terms", LATER) as journal:
        assert journal.answers["a/1/direct/0"].text == "text\nof two lines"
        assert journal.verdicts == {("judge", "a/1/direct/0"): "refused"}
        assert journal.began == NOW
    assert began(file) == NOW
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_run_of_other_terms_does_not_go_on_with_it(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    Journal(file, "terms", NOW).close()
    with pytest.raises(JournalUnusable, match="--output"):
        Journal(file, "others", NOW)


@given(cut=st.integers(0, 400))
def test_wherever_a_write_was_cut_off_what_was_whole_is_there(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    file = tmp_path_factory.mktemp("cut") / "answers.jsonl"
    with Journal(file, "terms", NOW) as journal:
        for number in range(3):
            journal.add(Answered(f"k{number}", "é" * 10))
    whole = file.read_bytes()
    file.write_bytes(whole[: min(cut, len(whole))])
    with Journal(file, "terms", NOW) as journal:
        known = list(journal.answers)
        assert known == ["k0", "k1", "k2"][: len(known)]
        journal.add(Answered("more", "x"))
    with Journal(file, "terms", NOW) as journal:
        assert list(journal.answers) == [*known, "more"]


def test_a_line_that_was_changed_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    with Journal(file, "terms", NOW) as journal:
        journal.add(Answered("k", "x"))
    head, _, rest = file.read_bytes().partition(b"\n")
    for bad in (
        b"{}",
        b'{"type":"answer","key":"k"}',
        b"\xff",
        head,
        b'{"type":"answer","key":"k","text":"x","more":1}',
    ):
        file.write_bytes(head + b"\n" + bad + b"\n" + rest)
        with pytest.raises(JournalUnusable):
            Journal(file, "terms", NOW)


def test_two_processes_do_not_write_one(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    with Journal(file, "terms", NOW), pytest.raises(JournalUnusable, match="another evaluation"):
        Journal(file, "terms", NOW)


def test_a_link_that_somebody_laid_there_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "answers.jsonl").symlink_to(other)
    with pytest.raises(OSError, match=r"symbolic|link"):
        Journal(tmp_path / "answers.jsonl", "terms", NOW)
    assert other.read_text() == "precious"


def test_answers_show_nothing_where_they_are_printed() -> None:
    assert "harm" not in repr(Answered("k", "harm"))
