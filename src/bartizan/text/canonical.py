"""The canonical view of a text: what a reader sees, without the disguises that a machine would miss or stumble over.

Rules of this file: compatibility forms are folded (NFKC, UAX #15), what nobody sees is left out, marks that pile up on
a Latin letter are dropped, and letters that look like one of ASCII are taken for it where they stand among such
letters: never in a text of their own script. Nothing is decoded here, case stays, and every letter knows where it came
from. Time and memory grow with the text alone.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, partial
from importlib import resources
from typing import Final

import msgspec

from bartizan.text.view import Run, Runs, View

_REMEMBERED: Final = 16_384
"""Most characters whose folding is remembered; a text may hold a million different ones."""
_PLAIN: Final = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_USUAL: Final = (
    "\t\n\r\x20-\x7e\xa1-\xa7\xa9\xab\xae\xb0\xb1\xb6\xb7\xbb\xbf-\u0130\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    "\u0621-\u063a\u0641-\u0646\u0648-\u0652\u0905-\u0939\u093c-\u094d\u0e01-\u0e32\u0e34-\u0e3a\u0e40-\u0e4e"
    "\u1ea0-\u1ef9\u2013-\u2015\u2018-\u201e\u2020-\u2022\u2030\u20ac\u2190-\u21ff\u2200-\u222b\u2500-\u25ff"
    "\u3001\u3002\u3008-\u3011\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff\uac00-\ud7a3"
)
_NEAR_LATIN: Final = (
    "\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f\u0490-\u0491\u0531-\u0556\u0561-\u0586"
)
"""Letters and marks in daily use of which nothing is folded or left out; of the second, some look like letters of ASCII (a test tries each)."""
_STRANGE: Final = re.compile(f"[^{_USUAL}{_NEAR_LATIN}]")
_UNUSUAL: Final = re.compile(f"[^{_USUAL}]")
_FEW: Final = 8
"""One in so many, and what is strange is folded one by one."""
_STRETCH: Final = re.compile(r"[\x20-\x7e]?[^\x20-\x7e\t\n\r]+")
"""What has to be looked at: characters outside ASCII, and the one before them, which marks may belong to."""
_MARKED: Final = re.compile(
    "[\u0300-\u036f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
"""Marks that go on letters of any script, and the letters of Hangul that join the one before."""
_MOST_MARKS: Final = 30
"""Most marks of one letter that are looked at (UAX #15, 13: Stream-Safe Text Format); ordering more takes time by their square."""
_WORD: Final = re.compile(r"\w+")
_MIXED: Final = re.compile(r"[A-Za-z](?:(?=[^\W\x00-\x7f])|(?<=[^\W\x00-\x7f].))", re.DOTALL)
TAGS: Final = re.compile("[\U000e0000-\U000e007f]+")
"""Runs of tag characters, which spell ASCII that nobody sees."""
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""Controls, Default_Ignorable_Code_Point (Unicode 15.0, DerivedCoreProperties.txt), and what is as blank: U+2800, interlinear marks."""


class Disguises(msgspec.Struct, frozen=True):
    """How many characters of a text were not what they seemed; each is harmless in small numbers.

    Attributes:
        unseen: left out because nobody sees them.
        tagged: of these, tag characters (U+E0000 to U+E007F), which spell ASCII that only machines read.
        turned: of these, bidirectional controls.
        lookalike: letters of other scripts, taken for one of ASCII.
        styled: compatibility forms of ASCII: full-width, mathematical, circled.
        piled: marks dropped from a Latin letter.
    """

    unseen: int = 0
    tagged: int = 0
    turned: int = 0
    lookalike: int = 0
    styled: int = 0
    piled: int = 0


class Canonical(msgspec.Struct, frozen=True):
    """A canonical view, and what was in its way."""

    view: View
    disguises: Disguises


def canonical(text: str) -> Canonical:
    """Return the canonical view of a text; of plain ASCII it is the text itself.

    Args:
        text: of any length; lone surrogates are left as they are.
    """
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        return Canonical(View(text, ()), _NONE)
    strange, traits = _strange(text), 0
    for letter in strange:
        traits |= _TRAITS[letter]
    seen = _seen(text) if traits & _IS_UNSEEN else View(text, ())
    folded = _folded(seen) if traits & (_IS_MARK | _FOLDS_AWAY) else _Folded(seen.text)
    plain, lookalike = _unmasked(folded.text)
    view = View(plain, folded.runs, of=seen if seen.text is not text else None)
    styled = _styled(seen.text, strange) if traits & _FOLDS_AWAY else 0
    return Canonical(view, _disguises(text, seen.text, lookalike, styled, folded.piled))


def _strange(text: str) -> set[str]:
    """Return the different characters of a text that something may have to be done about."""
    found = set[str]()
    for start in range(0, len(text), _AT_ONCE):
        found.update(_STRANGE.findall(text, start, start + _AT_ONCE))
    return found


_AT_ONCE: Final = 65_536
"""How many letters are looked at in one, for a list of all has ten times their size."""
_NONE: Final = Disguises()
_TURNING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_MOST_KINDS: Final = 256
"""Most different characters that are counted."""


def _disguises(text: str, seen: str, lookalike: int, styled: int, piled: int) -> Disguises:
    unseen = len(text) - len(seen)
    return Disguises(
        unseen=unseen,
        tagged=sum(len(run.group()) for run in TAGS.finditer(text)) if unseen else 0,
        turned=sum(text.count(each) for each in _TURNING) if unseen else 0,
        lookalike=lookalike,
        styled=styled,
        piled=piled,
    )


def _styled(seen: str, strange: Iterable[str]) -> int:
    """Return how many of these letters a text has that stand for ASCII."""
    styled = [each for each in strange if not each.isascii() and _FOLDS[ord(each)].isascii()]
    return sum(seen.count(each) for each in styled[:_MOST_KINDS])


def _seen(text: str) -> View:
    """Return a text without what nobody sees, of which it has something."""
    return View(_UNSEEN.sub("", text), partial(_seen_runs, text))


def _seen_runs(text: str) -> tuple[Run, ...]:
    runs, size, upto = list[Run](), 0, 0
    for gap in _UNSEEN.finditer(text):
        if gap.start() > upto:
            runs.append(Run(size, upto))
            size += gap.start() - upto
        upto = gap.end()
    if upto < len(text):
        runs.append(Run(size, upto))
    return tuple(runs)


class _Folded(msgspec.Struct, frozen=True):
    """A folded text, its runs over the text before, and how many marks were dropped."""

    text: str
    runs: Runs = ()
    piled: int = 0


def _folded(view: View) -> _Folded:
    """Return what is seen with compatibility forms and marks folded."""
    text = view.text
    if _MARKED.search(text) is None:
        folded = _translated(text)
        if len(folded) == len(text):  # nothing folds to nothing here, so each letter did to one
            return _Folded(folded)
    folding = _folding(text, places=False)
    return _Folded(folding.done(), partial(_folded_runs, text), folding.piled)


def _folded_runs(text: str) -> tuple[Run, ...]:
    folding = _folding(text, places=True)
    folding.done()
    return tuple(folding.runs)


def _folding(text: str, *, places: bool) -> "_Folding":
    folding = _Folding(text, places=places)
    for stretch in _STRETCH.finditer(text):
        folding.take(stretch.start(), stretch.group())
    return folding


def _translated(text: str) -> str:
    """Return a text with each letter folded by itself."""
    parts = (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
    return "".join(
        part.translate(_FOLDS)
        if len(_STRANGE.findall(part)) * _FEW > len(part)
        else _STRANGE.sub(lambda each: _FOLDS[ord(each.group())], part)
        for part in parts
    )


class _Folding:
    """Folds a text stretch by stretch, and keeps account of where everything came from."""

    def __init__(self, text: str, *, places: bool) -> None:
        self._text, self._upto, self._places = text, 0, places
        self._pieces: list[str] = []
        self._size = 0
        self.runs: list[Run] = []
        self.piled = 0

    def take(self, start: int, stretch: str) -> None:
        """Fold one stretch, which begins there, and what stands before it."""
        self._plain(start)
        self._upto = start + len(stretch)
        if _MARKED.search(stretch) is None:
            folded = stretch.translate(_FOLDS)
            if len(folded) == len(stretch):
                self._add(folded, start, 1, 1)
                return
        at = 0
        while at < len(stretch):
            end = at + 1
            while end < len(stretch) and _joins(stretch[end]):
                end += 1
            self._cluster(start + at, stretch[at:end])
            at = end

    def done(self) -> str:
        """Return the folded text."""
        self._plain(len(self._text))
        return "".join(self._pieces)

    def _plain(self, end: int) -> None:
        if end > self._upto:
            self._add(self._text[self._upto : end], self._upto, 1, 1)

    def _cluster(self, start: int, cluster: str) -> None:
        """Fold a character and the marks on it."""
        composed = cluster
        if len(cluster) > 1:
            self.piled += max(len(cluster) - 1 - _MOST_MARKS, 0)
            composed = unicodedata.normalize("NFC", cluster[: 1 + _MOST_MARKS])
        folded = _FOLDS[ord(composed[0])]
        if len(composed) > 1 and (folded.isascii() or "LATIN" in unicodedata.name(composed[0], "")):
            self.piled += len(composed) - 1
        else:
            folded += composed[1:].translate(_FOLDS)
        self._add(folded, start, len(folded), len(cluster))

    def _add(self, piece: str, of: int, letters: int, stand: int) -> None:
        self._pieces.append(piece)
        if not self._places:
            return
        last = self.runs[-1] if self.runs else _NOWHERE
        goes_on = last.letters == last.stand == letters == stand == 1 and self._size - last.at == of - last.of
        if not goes_on:
            self.runs.append(Run(self._size, of, letters, stand))
        self._size += len(piece)


_NOWHERE: Final = Run(0, 0, 0, 0)


def _joins(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or "\u1160" <= letter <= "\u11ff"


class _Folds(dict[int, str]):
    """Code point -> what it is folded to, by itself; worked out when first asked for."""

    def __missing__(self, key: int) -> str:
        """Fold one that is asked for."""
        letter = chr(key)
        folded = _symbols().get(letter) or _UNSEEN.sub("", unicodedata.normalize("NFKC", letter))
        if len(folded) > 1 and folded[0].isascii():  # as of U+00AF: a blank and a mark on it
            folded = _MARKED.sub("", folded)
        if len(self) < _REMEMBERED:
            self[key] = folded
        return folded


class _Traits(dict[str, int]):
    """Character -> what has to be done about it; worked out when first asked for."""

    def __missing__(self, key: str) -> int:
        """Look at one that is asked for."""
        traits = _IS_UNSEEN if _UNSEEN.match(key) else _FOLDS_AWAY if _FOLDS[ord(key)] != key else 0
        traits |= _IS_MARK if _MARKED.match(key) else 0
        if len(self) < _REMEMBERED:
            self[key] = traits
        return traits


_FOLDS: Final = _Folds()
_TRAITS: Final = _Traits()
_IS_UNSEEN, _IS_MARK, _FOLDS_AWAY = 1, 2, 4


def _unmasked(text: str) -> tuple[str, int]:
    """Return a text with lookalikes read as ASCII, letter for letter, and how many there were."""
    if text.isascii() or _UNUSUAL.search(text) is None:
        return text, 0
    lookalikes = _lookalikes()
    if _any_stranger().search(text) is None:
        letters = {*text}
        present = letters & lookalikes.keys()
        if not present:
            return text, 0
        if not _alien(letters, lookalikes):
            return text.translate(_masks()), sum(text.count(each) for each in present)
    if _MIXED.search(text) is None:
        return text, 0
    pieces, upto, count = list[str](), 0, 0
    for word in _WORD.finditer(text):
        if _MIXED.search(word.group()) is not None:
            pieces += text[upto : word.start()], word.group().translate(_masks())
            upto, count = word.end(), count + sum(each in lookalikes for each in word.group())
    return "".join([*pieces, text[upto:]]), count


def _alien(letters: set[str], lookalikes: Mapping[str, str]) -> bool:
    """Return whether letters are of a script with lookalikes and look like none, or none of them is Latin."""
    if not any(letter.isalpha() and unicodedata.name(letter).startswith("LATIN") for letter in letters):
        return True
    others = {letter for letter in letters - lookalikes.keys() if not letter.isascii() and letter.isalpha()}
    return any(unicodedata.name(letter, "").startswith(_SCRIPTS) for letter in others)


_SCRIPTS: Final = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN", "LISU", "CANADIAN")


@cache
def _any_stranger() -> re.Pattern[str]:
    """Return what finds a letter of Greek, Cyrillic or Armenian that looks like none of ASCII."""
    strangers = [
        letter
        for letter in map(chr, range(0x0370, 0x0590))
        if letter.isalpha() and letter not in _lookalikes() and unicodedata.name(letter).startswith(_SCRIPTS)
    ]
    return re.compile(f"[{''.join(strangers)}]")


@cache
def _masks() -> Mapping[int, str]:
    return {ord(letter): plain for letter, plain in _lookalikes().items()}


@cache
def _lookalikes() -> dict[str, str]:
    """Return the letter of ASCII for each letter that looks like one."""
    table = _table()
    return {
        each: plain for part in ("unicode", "shapes") for plain, all_ in table[part].items() for each in all_
    }


@cache
def _symbols() -> dict[str, str]:
    """Return the letter of ASCII for each symbol that holds one."""
    return {each: plain for plain, all_ in _table()["symbols"].items() for each in all_}


def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("bartizan.text").joinpath("lookalikes.toml").read_text("utf-8"))
