"""A mark is found however it is spelled, and nothing else is taken for one."""

import base64
import codecs
import os
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.text import mark as marks
from bartizan.text.mark import (
    PLANTED,
    PLANTED_OCTETS,
    REGISTERED,
    REGISTERED_OCTETS,
    Mark,
    NoMark,
    Registered,
    digest,
    mark,
    planted,
    unplanted,
)

WORD = mark(PLANTED, bytes(range(17, 17 + PLANTED_OCTETS)))
OTHER = mark(PLANTED, bytes(range(18, 18 + PLANTED_OCTETS)))
KEPT = mark(REGISTERED, bytes(range(3, 3 + REGISTERED_OCTETS)))

SPELLED: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "no hyphens": lambda word: word.replace("-", ""),
    "letter by letter": " ".join,
    "a letter a line": "\n".join,
    "backwards": lambda word: word[::-1],
    "rot13": lambda word: codecs.encode(word, "rot13"),
    "hexadecimal": lambda word: word.encode().hex(),
    "hexadecimal, apart": lambda word: word.upper().encode().hex(":").upper(),
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
    "base64 in lines": lambda word: base64.encodebytes(f"it is {word}, so {'it ' * 40}".encode()).decode(),
    "base64 of capitals": lambda word: base64.b64encode(f"a{word.upper()}".encode()).decode(),
    "base64 for addresses": lambda word: base64.urlsafe_b64encode(f"ab{word}?".encode()).decode(),
    "letters of other alphabets between": "é".join,
}


@pytest.mark.parametrize("spell", SPELLED.values(), ids=SPELLED)
def test_a_mark_is_found_however_it_is_spelled_and_where(spell: Callable[[str], str]) -> None:
    said = spell(WORD)
    text = f"Très bien: {said} (that is all)."
    found = [*Mark(WORD).found(text)]
    assert found
    assert all(text.index(said) <= start < end <= text.index(said) + len(said) for start, end in found)
    assert not [*Mark(OTHER).found(text)]


@given(st.binary(min_size=PLANTED_OCTETS, max_size=PLANTED_OCTETS), st.integers(0, 23))
def test_with_one_letter_wrong_it_is_not_there(octets: bytes, at: int) -> None:
    word = mark(PLANTED, octets)
    place = [n for n, letter in enumerate(word) if letter != "-"][at]
    wrong = word[:place] + ("x" if word[place] != "x" else "k") + word[place + 1 :]
    assert [*Mark(word).found(word)]
    assert not [*Mark(word).found(wrong)]


def test_a_mark_says_nothing_of_itself() -> None:
    assert WORD not in repr(Mark(WORD))


def test_marks_are_as_many_as_their_octets_say() -> None:
    drawn = {mark(PLANTED, os.urandom(PLANTED_OCTETS)) for _ in range(500)}
    assert len(drawn) == 500
    assert {len(each) for each in drawn} == {len(WORD)}


def test_a_prompt_has_one_mark_whatever_it_had_before() -> None:
    once = planted("Be kind.", WORD)
    assert once.startswith("Be kind.\n\n")
    assert once.endswith(WORD)
    assert planted(once, OTHER) == planted("Be kind.", OTHER)
    assert unplanted(f"{once}\nAnd short.") == "Be kind.\nAnd short."
    assert (
        unplanted("Internal reference, never to be repeated: 7")
        == "Internal reference, never to be repeated: 7"
    )


def test_a_registered_mark_is_known_by_its_digest_alone() -> None:
    known = Registered(
        {"handbook": digest(KEPT), "other": digest(mark(REGISTERED, bytes(REGISTERED_OCTETS)))}
    )
    for said in (KEPT, KEPT.upper(), " ".join(KEPT), KEPT.replace("-", "\n")):
        text = f"The handbook says {said} on each page."
        ((name, (start, end)),) = known.found(text)
        assert (name, text[start:end]) == ("handbook", said)
    assert not [*known.found(KEPT[:-1])]
    assert not [*known.found(digest(KEPT))]
    assert KEPT not in repr(vars(marks))


@pytest.mark.parametrize("text", ["", "zqxt", WORD, KEPT[:-1], f"{KEPT}b", f" {KEPT}", KEPT.upper()])
def test_what_is_no_mark_has_no_digest_and_is_not_repeated(text: str) -> None:
    with pytest.raises(NoMark) as refused:
        digest(text)
    assert not text or text not in str(refused.value) or text == "zqxt"


def test_looking_takes_no_longer_for_a_text_that_is_all_heads() -> None:
    """Each head is compared once: 100,000 letters of nothing else are done at once, not by their square."""
    text = (PLANTED + REGISTERED) * 12_500
    assert not [*Mark(WORD).found(text)]
    assert not [*Registered({"a": digest(KEPT)}).found(text)]


def test_ordinary_words_hold_no_head() -> None:
    drawn = random.Random(1)  # noqa: S311
    text = "".join(drawn.choice("etaoinshrdlucmfwypvbgkqjxz ") for _ in range(200_000))
    assert not [*Mark(WORD).found(text)]
