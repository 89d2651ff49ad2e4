"""A cursor leads on from where a page ended, for the question that it was made for, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.admin.forms import Paged
from bartizan.app.admin.cursor import Cursors, CursorUnknown, following

KEYS = st.sets(st.text("abcé0123", min_size=1, max_size=6), max_size=30)


def walk(cursors: Cursors, items: set[str], limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = cursors.page("q", Paged(cursor, limit), following(items, str), str)
        assert len(page.items) <= limit
        found += page.items
        if not page.next:
            return found
        cursor = page.next


@given(items=KEYS, limit=st.integers(1, 7))
def test_the_pages_are_the_whole_each_once_and_in_order(items: set[str], limit: int) -> None:
    assert walk(Cursors(), items, limit) == sorted(items)


@given(items=KEYS, gone=KEYS, come=KEYS, limit=st.integers(1, 5))
def test_what_stays_is_neither_doubled_nor_hidden_by_what_comes_and_goes(
    items: set[str], gone: set[str], come: set[str], limit: int
) -> None:
    cursors = Cursors()
    first = cursors.page("q", Paged(None, limit), following(items, str), str)
    later = (items - gone) | come
    rest = (
        cursors.page("q", Paged(first.next or None, 500), following(later, str), str).items
        if first.next
        else ()
    )
    seen = [*first.items, *rest]
    assert len(seen) == len(set(seen))
    if first.next:
        assert {each for each in items & later if each > first.items[-1]} <= set(rest)


@given(after=st.text(max_size=20), question=st.text(max_size=10), other=st.text(max_size=10))
def test_a_cursor_of_another_question_or_another_start_is_not_taken(
    after: str, question: str, other: str
) -> None:
    cursors = Cursors()
    sealed = cursors.seal(question, after)
    assert cursors.open(question, sealed) == after
    with pytest.raises(CursorUnknown):
        Cursors().open(question, sealed)
    if other != question:
        with pytest.raises(CursorUnknown):
            cursors.open(other, sealed)


@given(made_up=st.text("abcXYZ019-_", min_size=1, max_size=80))
def test_nobody_makes_a_cursor(made_up: str) -> None:
    with pytest.raises(CursorUnknown):
        Cursors().open("q", made_up)


@given(after=st.text(max_size=20), at=st.integers(0, 200), letter=st.sampled_from("AZaz09-_"))
def test_a_cursor_that_was_changed_is_not_taken(after: str, at: int, letter: str) -> None:
    cursors = Cursors()
    sealed = cursors.seal("q", after)
    at %= len(sealed)
    changed = sealed[:at] + letter + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(CursorUnknown):
            cursors.open("q", changed)


def test_a_cursor_of_the_longest_key_is_of_the_form_that_the_table_has() -> None:
    assert len(Cursors().seal("q", "k" * 160)) <= 256
