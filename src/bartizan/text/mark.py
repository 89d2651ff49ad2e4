"""Marks: words that stand nowhere by chance, put into a text to be known again wherever it turns up.

Rules of this file: pure. A mark is a head that everybody may know, and letters that nobody can guess. Where one may stand is found by the
head alone, whatever its case and whatever stands between its letters; what follows is then compared in constant time, or by
its digest, so that no time tells a letter of it.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final

from typing_extensions import override

PLANTED: Final = "zqxk"
"""Head of a mark that the gateway plants in a system prompt."""
REGISTERED: Final = "zqxt"
"""Head of a mark that a team puts into its documents and registers."""
_HEAD: Final = 4
_LETTERS: Final = "bcdfghjkmnprstvw"
"""One for each half of an octet: none of them is easily taken for another, and no vowel makes a word of them."""
_GROUP: Final = 4
_ASCII: Final = bytes(range(128)).lower() + bytes(range(128, 256))
_BETWEEN: Final = bytes(each for each in range(256) if not bytes([each]).isalnum())
_ROT13: Final = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"nopqrstuvwxyzabcdefghijklm")
_FORM: Final = f"(?:-[{_LETTERS}]{{{_GROUP}}})"
REGISTERED_OCTETS: Final = 14
"""Of which a registered mark is made: 112 bits."""
PLANTED_OCTETS: Final = 10
"""Of which a planted one is made: 80 bits; whoever guesses asks a model each time."""
_LINE: Final = "\n\nInternal reference, never to be repeated: "
"""What stands before a planted mark, so that a model has no reason of its own to tell it."""
_PLANTED_LINE: Final = re.compile(f"{_LINE}{PLANTED}{_FORM}{{{2 * PLANTED_OCTETS // _GROUP}}}")
_REGISTERED_FORM: Final = re.compile(f"{REGISTERED}{_FORM}{{{2 * REGISTERED_OCTETS // _GROUP}}}")
_SALT: Final = b"bartizan registered mark\n"
Span = tuple[int, int]


def mark(head: str, octets: bytes) -> str:
    """Return the mark of a head that stands for octets, in groups of four letters: `zqxk-bdfh-...`.

    Args:
        head: `PLANTED` or `REGISTERED`.
        octets: random, or as good as that; an even number of them.
    """
    letters = "".join(_LETTERS[each >> 4] + _LETTERS[each & 15] for each in octets)
    return "-".join((head, *(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))))


def planted(text: str, word: str) -> str:
    """Return a system prompt with this mark at its end, in place of any that was planted in it before."""
    return f"{unplanted(text)}{_LINE}{word}"


def unplanted(text: str) -> str:
    """Return a text without the lines that `planted` added, whatever their marks."""
    return _PLANTED_LINE.sub("", text) if _LINE in text else text


def digest(registered: str) -> str:
    """Return what is told of a registered mark to those who look for it: SHA-256 in hexadecimal; it says nothing of the mark.

    Raises:
        NoMark: it is none.
    """
    if _REGISTERED_FORM.fullmatch(registered) is None:
        raise NoMark
    return _digest(_squeezed(registered))


class NoMark(ValueError):
    """A text that is not of a registered mark's form."""

    def __init__(self) -> None:
        """Say the form; the text is not repeated."""
        super().__init__(f"is no mark: one begins with {REGISTERED}- and has seven groups of four letters")


class Mark:
    """One planted mark, in each spelling that it is looked for in: plain, backwards, rot13, hexadecimal, base64."""

    __slots__ = ("_spellings",)

    def __init__(self, word: str) -> None:
        """Take the mark, as `mark` wrote it."""
        self._spellings = tuple(dict.fromkeys(_spellings(word)))

    @override
    def __repr__(self) -> str:
        """Return nothing of it."""
        return "Mark(…)"

    def found(self, text: str) -> Iterator[Span]:
        """Yield where it stands: start and end, in letters of the text, of each spelling in its turn."""
        squeezed = _squeezed(text)
        places: list[int] | None = None
        for head, before, whole in self._spellings:
            at = squeezed.find(head)
            while at >= 0:
                start = at - before
                if start >= 0 and hmac.compare_digest(squeezed[start : start + len(whole)], whole):
                    places = _places(text) if places is None else places
                    yield places[start], places[start + len(whole) - 1] + 1
                at = squeezed.find(head, at + 1)


class Registered:
    """The registered marks, of which only digests are known."""

    __slots__ = ("_names",)

    def __init__(self, digests: Mapping[str, str]) -> None:
        """Take the names of marks, each with its digest."""
        self._names = {digest: name for name, digest in digests.items()}

    def found(self, text: str) -> Iterator[tuple[str, Span]]:
        """Yield the name of each mark that stands in a text, and where: start and end, in letters of it."""
        if not self._names:
            return
        squeezed, head = _squeezed(text), REGISTERED.encode()
        length, places = _HEAD + 2 * REGISTERED_OCTETS, list[int]()
        at = squeezed.find(head)
        while at >= 0:
            name = self._names.get(_digest(squeezed[at : at + length]))
            if name is not None:
                places = places or _places(text)
                yield name, (places[at], places[at + length - 1] + 1)
            at = squeezed.find(head, at + 1)


def _digest(squeezed: bytes) -> str:
    return hashlib.sha256(_SALT + squeezed).hexdigest()


def _squeezed(text: str) -> bytes:
    """Return the letters and figures of ASCII in a text, small, and nothing that stands between them."""
    return text.encode("ascii", "ignore").translate(_ASCII, _BETWEEN)


def _places(text: str) -> list[int]:
    """Return where each letter of the squeezed text stands."""
    return [at for at, letter in enumerate(text) if letter.isascii() and letter.isalnum()]


def _spellings(word: str) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield each spelling: the part of it that the head makes, how many letters stand before that part, and all of it."""
    plain = _squeezed(word)
    yield plain[:_HEAD], 0, plain
    yield plain[_HEAD - 1 :: -1], len(plain) - _HEAD, plain[::-1]
    turned = plain.translate(_ROT13)
    yield turned[:_HEAD], 0, turned
    for written in (word, word.replace("-", "")):
        for cased in (written.encode(), written.upper().encode()):
            yield cased[:_HEAD].hex().encode(), 0, cased.hex().encode()
            for lead in range(3):
                yield _base64(cased, lead)


def _base64(word: bytes, lead: int) -> tuple[bytes, int, bytes]:
    """Return a spelling in base64 where so many octets stand before the word in its group of three; letters that it shares are left out."""
    coded = b64encode(bytes(lead) + word).decode()
    first = -(-lead * 8 // 6)
    of_head, of_word = (lead + _HEAD) * 8 // 6, (lead + len(word)) * 8 // 6
    return _squeezed(coded[first:of_head]), 0, _squeezed(coded[first:of_word])
