"""The pieces of words that an encoder reads, and where each word stands.

Rules of this file: pure. A text is split as BERT's uncased vocabularies want it: blanks part words, so does every mark, and
characters that are written without blanks are each a word; accents and capitals go. A word is read from its longest known
beginning on. Time grows with the text alone, since a word that is too long is one unknown piece.
Source: Devlin et al. 2019; Wu et al. 2016, section 4.1.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Final, NamedTuple

PADDING, UNKNOWN, BEGIN, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]|_")
_INNER: Final = "##"
"""What a piece begins with in the vocabulary that does not begin a word."""
_LONGEST: Final = 64
"""Letters of a word that is read at all."""
_REMEMBERED: Final = 32_768
"""Words whose pieces are remembered."""


class Pieces(NamedTuple):
    """A text in pieces.

    Attributes:
        ids: number of each piece.
        words: number of the word that each is of.
        spans: start and end of each word in the text.
    """

    ids: Sequence[int]
    words: Sequence[int]
    spans: Sequence[tuple[int, int]]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where pieces stand in the text; the last is not included."""
        return self.spans[self.words[first]][0], self.spans[self.words[last - 1]][1]


class Vocabulary:
    """Pieces by number."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Take them in the order of their numbers, the four special ones included."""
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self.padding, self.unknown = self._numbers[PADDING], self._numbers[UNKNOWN]
        self.begin, self.end = self._numbers[BEGIN], self._numbers[END]
        self._known = dict[str, tuple[int, ...]]()

    def __len__(self) -> int:
        """Return how many pieces there are."""
        return len(self._numbers)

    def read(self, text: str) -> Pieces:
        """Return a text in pieces."""
        spans = [found.span() for found in _WORD.finditer(text)]
        each = [self._pieces(text[start:end]) for start, end in spans]
        words = chain.from_iterable(repeat(number, len(ids)) for number, ids in enumerate(each))
        return Pieces([*chain.from_iterable(each)], [*words], spans)

    def _pieces(self, word: str) -> tuple[int, ...]:
        known = self._known.get(word)
        if known is None:
            known = self._split(_plain(word))
            if len(self._known) < _REMEMBERED:
                self._known[word] = known
        return known

    def _split(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST:
            return (self.unknown,)
        found, start = list[int](), 0
        while start < len(word):
            before = _INNER if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if before + word[start:end] in self._numbers), 0)
            if not end:
                return (self.unknown,)
            found.append(self._numbers[before + word[start:end]])
            start = end
        return tuple(found) or (self.unknown,)


def _plain(word: str) -> str:
    """Return a word in small letters without accents."""
    lower = word.lower()
    if lower.isascii():
        return lower
    return "".join(
        letter for letter in unicodedata.normalize("NFD", lower) if unicodedata.category(letter) != "Mn"
    )
