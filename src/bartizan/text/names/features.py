"""The words of a text that may be names, and what tells whether they are.

Rules of this file: pure. Only words with a capital are looked at, and of each a fixed number of neighbours; training and finding ask the
same function. What a word is taken for may depend on what the one before it was taken for, and on nothing that comes later.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import ne
from typing import Final

from bartizan.text.names.tokens import folded, tokens

_LONGEST: Final = 24
"""Letters that a word has at most which may be a name."""
_CODE_BEFORE: Final = frozenset("_@#$\\=<")
_CODE_AFTER: Final = frozenset("_@(=\\")
_PARTICLES: Final = frozenset(
    [
        "de",
        "del",
        "della",
        "der",
        "den",
        "des",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "du",
        "van",
        "von",
        "zu",
        "zur",
        "am",
        "an",
        "auf",
        "bei",
        "im",
        "in",
        "la",
        "le",
        "las",
        "los",
        "el",
        "al",
        "bin",
        "ibn",
        "ben",
        "ter",
        "ten",
        "te",
        "y",
        "e",
        "i",
        "of",
        "upon",
        "sur",
        "sous",
        "the",
        "und",
        "and",
    ]
)
PARTICLES: Final = _PARTICLES - {"and", "und", "in", "the", "i", "e"}
"""Small words that stand inside a name."""
_SIGNS: Final = frozenset("-.&'\u2019")
_OPENING: Final = frozenset("\n([{\"'\u201c\u2018\u00bf\u00a1,;>") | {""}
_JOINING: Final = frozenset("_@=(\\/-:")
_STOPS: Final = frozenset(("", ".", "!", "?", ":", "-", "*", '"', "\u201c"))
_GIVEN: Final = frozenset(
    "".join(sorted(f"G{last}{place}")) for last in ("", "S", "s") for place in ("", "P", "p")
)
_ALWAYS: Final = _GIVEN | {
    "".join(sorted(f"P{given}{last}")) for given in ("", "g") for last in ("", "S", "s")
}
"""Classes of words that are looked at in small letters too: they are no common ones."""
_NAMES: Final = frozenset("GgSsPp")
_SPECIAL: Final = frozenset("tro")


class Sighted:
    """A text, looked at.

    Attributes:
        words, lower: words and signs without blanks, as they stand and in small letters.
        ends: place after each.
        heads: numbers of the words that may be names.
    """

    __slots__ = ("_classes", "_contexts", "_runs", "_said", "_small", "ends", "heads", "lower", "words")

    def __init__(self, text: str, classes: Mapping[str, str]) -> None:
        """Look at a text with a gazetteer: word -> its classes."""
        found = tokens(text)
        self._said, self.ends = found.said, found.ends
        self.words = [*map(str.lstrip, found.said)]
        self.lower = [*map(str.lower, self.words)]
        self._classes = classes
        self._contexts: dict[int, str] = {}
        self._runs: dict[int, tuple[str, int, int]] = {}
        large = {number for number, differs in enumerate(map(ne, self.words, self.lower)) if differs}
        known = [*map(classes.get, self.lower, repeat(""))]
        small = {number for number, each in enumerate(known) if each in _ALWAYS and self._stands_free(number)}
        small -= large
        small |= {number + 1 for number in small if known[number] in _GIVEN and self._follows(number + 1)}
        self._small = small
        self.heads = [number for number in sorted(large | small) if number in small or self._may_be(number)]

    def start(self, number: int) -> int:
        """Return the place where a word begins."""
        return self.ends[number] - len(self.words[number])

    def bare(self, number: int) -> str:
        """Return a word without the ending of a possessive."""
        word = self.words[number]
        return word[:-2] if word[-2:] in _POSSESSIVE else word

    def _may_be(self, number: int) -> bool:
        word = self.words[number]
        if (
            not word[0].isupper()
            or len(word) > _LONGEST
            or not word.replace("'", "").replace("\u2019", "").isalpha()
        ):
            return False
        if len(word) == 1:
            return self._at(number + 1) == "." or (word != "I" and self._initial(number))
        if self._classes.get(self.lower[number]) == "c" and self._begins(number):
            return False
        if self.words[number] == self._said[number] and self._at(number - 1) in _CODE_BEFORE:
            return False
        return not (
            self._glued(number + 1) and (self._at(number + 1) in _CODE_AFTER or self._is_dotted(number))
        )

    def _is_dotted(self, number: int) -> bool:
        """Return whether a word is the first of a file's name, or of a host's."""
        return self._at(number + 1) == "." and self._glued(number + 2) and self._at(number + 2).islower()

    def _begins(self, number: int) -> bool:
        """Return whether a word has its capital for the place where it stands: it begins a sentence that goes on in small letters."""
        after = self._at(number + 1)
        return after.islower() and self._at(number - 1) in _STOPS

    def _stands_free(self, number: int) -> bool:
        """Return whether a word stands as words of a sentence do, and not in a path, an identifier or an address."""
        before, after = self._at(number - 1), self._at(number + 1)
        if (self._glued(number) and number and before not in _OPENING) or (
            self._glued(number + 1) and after in _JOINING
        ):
            return False
        return len(self.words) > 1 and not self._is_dotted(number)

    def _follows(self, number: int) -> bool:
        """Return whether a word in small letters may be the surname to the given name before it."""
        word = self._at(number)
        return (
            word.isalpha()
            and word == self.lower[number]
            and "c" not in self._classes.get(folded(word), "")
            and len(word) > _SHORT
            and not self._glued(number)
        )

    def _initial(self, number: int) -> bool:
        """Return whether a letter stands between two words with capitals."""
        one, other = self._at(number - 1), self._at(number + 1)
        return bool(one) and bool(other) and one != self.lower[number - 1] and other != self.lower[number + 1]

    def _at(self, number: int) -> str:
        return self.words[number] if 0 <= number < len(self.words) else ""

    def _glued(self, number: int) -> bool:
        """Return whether no blank stands before a word."""
        return number < len(self.words) and self.words[number] == self._said[number]

    def bits(self, number: int) -> str:
        """Return the classes of a word that may be a name; a figure for one that is in no list."""
        word = folded(self.bare(number))
        if len(word) == 1:
            return "1"
        found = self._classes.get(word)
        return found if found is not None else _MISSING

    def context(self, number: int) -> str:
        """Return what stands at a number, for whoever stands near: a word, a sign, or what kind of name it may be."""
        found = self._contexts.get(number)
        if found is None:
            found = self._contexts[number] = self._context(number)
        return found

    def _context(self, number: int) -> str:
        if not 0 <= number < len(self.words):
            return "^"
        word, lower = self.words[number], self.lower[number]
        if word == lower:
            return f"0{min(len(word), 6)}" if word.isdigit() else lower or "\n"
        found = self._classes.get(folded(word), "")
        if len(word) == 1:
            return "A"
        if not found:
            return "Aa"
        return f"<{found}" if _is_name(found) and not _is_special(found) else lower

    def run(self, number: int) -> tuple[str, int, int]:
        """Return of the names in a row that a word stands in: what is told of it, its first and its last."""
        found = self._runs.get(number)
        if found is None:
            first = last = number
            members = [number]
            for _ in range(_MEMBERS):
                following = self.following(last)
                if following < 0:
                    break
                last = following
                members.append(last)
            told = self._told(members)
            for each in members:
                self._runs[each] = (told, first, last)
            found = self._runs[number]
        return found

    def _told(self, members: Sequence[int]) -> str:
        """Return the kinds of words in a row, and whether figures stand before or after it."""
        kinds = {kind for each in members for kind in self.bits(each) if kind in "ro"}
        before = "0" if self._at(members[0] - 1).isdigit() else "-"
        after = "0" if self._at(members[-1] + 1).isdigit() else "-"
        last = "".join(kind for kind in self.bits(members[-1]) if kind in "ro")
        return f"{''.join(sorted(kinds))}{last}{before}{after}{min(len(members), 4)}"

    def following(self, number: int) -> int:
        """Return the next word that may belong to the same name, or -1."""
        for step in (1, 2, 3):
            at = number + step
            word = self._at(at)
            if not word:
                return -1
            if word != self.lower[at]:
                return at if word[0].isupper() and (word.isalpha() or "'" in word) else -1
            if step == 1 and at in self._small:
                return at
            if word not in _SIGNS and self.lower[at] not in PARTICLES:
                return -1
            if word in _SIGNS and word == "." and len(self.words[number]) > _SHORT:
                return -1
        return -1


_MEMBERS: Final = 8
_SHORT: Final = 3
_MISSING: Final = "?"
_POSSESSIVE: Final = frozenset(("'s", "\u2019s", "'S"))


def features(sighted: Sighted, number: int, before: str) -> list[str]:
    """Return what tells whether a word is a name.

    Args:
        sighted: the text.
        number: of the word, one of its heads.
        before: what the word before it was taken for, as `before_of` says.
    """
    bits, context = sighted.bits(number), sighted.context
    bare = sighted.bare(number)
    low = folded(bare)
    one, two, next_, after = (
        context(number - 1),
        context(number - 2),
        context(number + 1),
        context(number + 2),
    )
    told, first, last = sighted.run(number)
    place = ("a" if number == first else "b") + ("c" if number == last else "d")
    shape = _shape(bare)
    return [
        f"b{bits}",
        f"h{bits}{shape}{place}",
        f"p{one}",
        f"q{two} {one}",
        f"n{next_}",
        f"m{next_} {after}",
        f"P{bits} {one}",
        f"N{bits} {next_}",
        f"s{low[-3:]}",
        f"t{low[-4:]} {place}",
        f"l{before}{bits}",
        f"L{before}{one}",
        f"r{told}{place}",
        f"x{one} {next_}",
        f"y{before}{next_}",
        f"z{shape}" if _is_name(bits) else f"w{low}",
        "0",
    ]


@cache
def _is_name(classes: str) -> bool:
    return bool(_NAMES & {*classes})


@cache
def _is_special(classes: str) -> bool:
    return bool(_SPECIAL & {*classes})


def _shape(word: str) -> str:
    if len(word) == 1:
        return "A"
    if word.isupper():
        return "AA" if len(word) > _SHORT else "AB"
    if word.islower():
        return "aa"
    return "Aa" if word[1:].islower() else "aA"


def before_of(sighted: Sighted, number: int, last: int, label: str) -> str:
    """Return what the word before was taken for: a capital where both may belong to one name, a small letter where little stands between them, or `-`.

    Args:
        sighted: the text.
        number: of the word.
        last: number of the head before it; negative for none.
        label: what that was taken for.
    """
    if last < 0:
        return "-"
    if sighted.following(last) == number:
        return label
    near = number - last <= _NEAR and all(
        word in _APART or word.isdigit() for word in sighted.lower[last + 1 : number]
    )
    return label.lower() if near else "-"


_NEAR: Final = 5
_APART: Final = frozenset(("", ",", ";", ">", "/", "(", ".", "|"))
