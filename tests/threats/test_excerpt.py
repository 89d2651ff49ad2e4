"""Excerpts hold what was found and a little around it, never more, and never show it by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app import evidence_messages
from bartizan.control import Confidence, Severity
from bartizan.threats.excerpt import (
    AROUND,
    LARGEST,
    LONGEST,
    MOST,
    Excerpt,
    ExcerptsUnreadable,
    decoded,
    encoded,
    excerpt,
)
from bartizan.threats.inspect import Found
from bartizan.threats.subject import Channel


def found(start: int, end: int, reading: str = "") -> Found:
    return Found("threats.leakage", "secret", "r", reading, start, end, Severity.HIGH, Confidence.HIGH)


@given(
    text=st.text(max_size=3_000),
    places=st.tuples(st.integers(-5, 3_100), st.integers(-5, 3_100)),
)
def test_an_excerpt_is_bounded_and_its_place_is_what_was_found(text: str, places: tuple[int, int]) -> None:
    start, end = sorted(places)
    made = excerpt(Channel.USER, found(start, end), text)
    assert len(made.text) <= LONGEST
    assert 0 <= made.start <= made.end <= len(made.text)
    first, last = max(0, min(start, len(text))), min(max(end, 0), len(text))
    said = text[first:last].encode("utf-8", "replace").decode()
    assert said.startswith(made.text[made.start : made.end])
    if not made.cut:
        assert made.text[made.start : made.end] == said


def test_only_a_few_letters_stand_around_it() -> None:
    made = excerpt(Channel.TOOL, found(1_000, 1_020), "x" * 1_000 + "s" * 20 + "y" * 1_000)
    assert made.text == "x" * AROUND + "s" * 20 + "y" * AROUND
    assert made.channel == "tool"


def test_what_is_longer_than_an_excerpt_is_cut_and_says_so() -> None:
    made = excerpt(Channel.USER, found(10, 5_000), "a" * 6_000)
    assert (len(made.text), made.cut) == (LONGEST, True)


def test_no_more_than_a_few_are_told_and_those_fit() -> None:
    widest = excerpt(Channel.DOCUMENT, found(0, LONGEST, "r" * 200), "\U0001f600" * 2_000)
    octets = encoded([widest] * 40)
    assert len(octets) <= LARGEST
    assert evidence_messages.LONGEST == evidence_messages.OVERHEAD + LARGEST
    assert decoded(octets) == (widest,) * MOST
    assert encoded([]) == b""


def test_half_a_pair_of_surrogates_is_no_reason_to_fail() -> None:
    assert decoded(encoded([excerpt(Channel.USER, found(0, 3), "a\ud800b")]))[0].text == "a?b"


def test_an_excerpt_never_shows_itself() -> None:
    made = excerpt(Channel.USER, found(0, 6), "secret")
    assert "secret" not in f"{made!r} {made!s} {[made]}"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xc1",
        encoded([Excerpt("r", "r", "", "user", "x", 0, 1)])[:-1],
        b"\x91\x80",
        b"\x93\x01\x02\x03",
    ],
)
def test_what_is_none_is_refused(octets: bytes) -> None:
    with pytest.raises(ExcerptsUnreadable):
        decoded(octets)
