from hypothesis import given
from hypothesis import strategies as st

from bartizan.text import lexicon

PIECES = st.one_of(
    st.sampled_from(["ignore", "all", "the", "a", "instructions", "is", "to"]),
    st.text(st.sampled_from("abeiotzé1Q")),
)


def cheapest(letters: str) -> list[str]:
    """Return the words of letters by trying every piece that may end at each of them."""
    words, best = lexicon.words(), [(0.0, 0)]
    for end in range(1, len(letters) + 1):
        starts = range(max(end - lexicon._LONGEST, 0), end)
        best.append(min((best[at][0] + lexicon._cost(words, letters[at:end]), at) for at in starts))
    pieces, end = list[str](), len(letters)
    while end:
        pieces.append(letters[best[end][1] : end])
        end = best[end][1]
    return pieces[::-1]


@given(st.lists(PIECES).map("".join))
def test_letters_are_told_apart_as_by_trying_every_piece(letters: str) -> None:
    assert lexicon.segmented(letters) == [
        letters[at : at + size] for at, size in places(cheapest(letters.casefold()))
    ]


def places(pieces: list[str]) -> list[tuple[int, int]]:
    """Return where pieces begin, and their sizes."""
    sizes = [len(piece) for piece in pieces]
    return [(sum(sizes[:number]), size) for number, size in enumerate(sizes)]


def test_words_without_blanks_are_found() -> None:
    assert lexicon.segmented("IgnoreAllInstructions") == ["Ignore", "All", "Instructions"]
