"""The comparison with a known text: whole, in part, in other type, and what only sounds alike."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation.copied import copied, known

WORDS = [f"word{number}" for number in range(400)]
TEXT = " ".join(WORDS)
OTHER = " ".join(f"other{number}" for number in range(400))


def test_the_text_itself_is_a_copy_also_in_other_type_and_with_other_marks() -> None:
    text = known(TEXT)
    assert copied(TEXT, text)
    assert copied(TEXT.upper().replace(" ", ",\n"), text)


def test_a_window_of_it_among_other_words_is_a_copy() -> None:
    assert copied(f"{OTHER} {' '.join(WORDS[100:150])} {OTHER}", known(TEXT))


def test_less_than_that_is_none() -> None:
    assert not copied(f"{OTHER} {' '.join(WORDS[100:125])} {OTHER}", known(TEXT))
    assert not copied(" ".join(WORDS[:12]), known(TEXT)), "a dozen words are in many texts"


def test_other_words_and_the_same_words_in_another_order_are_none() -> None:
    assert not copied(OTHER, known(TEXT))
    assert not copied(" ".join(reversed(WORDS)), known(TEXT))
    assert not copied("", known(TEXT))
    assert not copied(TEXT, known(""))


@given(st.lists(st.integers(0, 399), min_size=0, max_size=80))
def test_every_sixth_word_changed_is_no_copy_for_no_five_stand_together(at: list[int]) -> None:
    changed = [word if number % 5 else f"x{number}" for number, word in enumerate(WORDS)]
    assert not copied(" ".join(changed), known(TEXT))
    assert copied(TEXT + " " + " ".join(WORDS[number] for number in at), known(TEXT))
