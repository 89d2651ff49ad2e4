"""Texts in pieces."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.wordpiece import BEGIN, END, PADDING, UNKNOWN, Vocabulary

VOCABULARY = Vocabulary(
    [PADDING, UNKNOWN, BEGIN, END, "un", "##aff", "##able", "a", "##b", "cafe", ",", "_", "日", "本"]
)


def test_a_word_is_read_from_its_longest_known_beginning_on() -> None:
    assert VOCABULARY.read("unaffable").ids == [4, 5, 6]


def test_capitals_and_accents_go_and_marks_and_characters_without_blanks_are_words() -> None:
    assert VOCABULARY.read("Café, A_日本").ids == [9, 10, 7, 11, 12, 13]


def test_a_word_with_an_unknown_part_is_one_unknown_piece_and_so_is_a_long_one() -> None:
    assert VOCABULARY.read("unx ax").ids == [1, 1]
    assert VOCABULARY.read("a" + "b" * 63).ids == [7, *[8] * 63]
    assert VOCABULARY.read("a" + "b" * 64).ids == [1]


@given(st.text())
def test_every_piece_has_a_word_and_every_word_stands_where_it_says(text: str) -> None:
    pieces = VOCABULARY.read(text)
    assert len(pieces.ids) == len(pieces.words)
    assert sorted(set(pieces.words)) == list(range(len(pieces.spans)))
    assert all(text[start:end].strip() for start, end in pieces.spans)
    ends = [0, *(end for _, end in pieces.spans)]
    assert all(before <= start for before, (start, _) in zip(ends, pieces.spans, strict=False))


def test_a_row_of_letters_without_end_costs_one_piece() -> None:
    assert len(VOCABULARY.read("b" * 1_000_000).ids) == 1
