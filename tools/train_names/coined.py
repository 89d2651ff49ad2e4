"""Names of people, places and organisations that are put together for training: from the gazetteer, and from no list at all.

Rules of this file: a third of the words are in no list, so that what stands around a name is learned and not the list alone.
"""

import random
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PARTS: Final = Path(__file__).with_name("texts") / "parts.toml"
_OF_NOBODY, _COMMON, _DOUBLE, _UPPER = 0.3, 0.08, 0.03, 0.04
"""Shares of words that are in no list, of names that are common words, of double names, and of those in capitals."""
_HALF, _COMPOUND, _WITHIN = 0.5, 0.25, 0.2
_LONGEST: Final = 14
_FORMS: Final[Mapping[str, int]] = {
    "{given} {last}": 56,
    "{given}": 10,
    "{given} {middle}. {last}": 9,
    "{given} {middle} {last}": 5,
    "{given} {other} {last}": 6,
    "{given} {last} {more}": 5,
    "{middle}. {last}": 4,
    "{last}": 4,
    "{given} {middle}.": 1,
}
"""How people are named, and how often."""
_LINES: Final = ("{n} {way}", "{n} {way}", "{way} {n}", "{way} {n}{a}", "{n}{a} {way}", "{way}, {n}")
_FLATS: Final = ("Apt.", "Apt", "Suite", "Unit", "Flat", "Apartment", "#", "Floor")


class Coined:
    """Puts names together."""

    def __init__(self, gazetteer: Mapping[str, str], things: Sequence[str], drawn: random.Random) -> None:
        """Take what names are made of.

        Args:
            gazetteer: word -> its classes.
            things: words that organisations are called by.
            drawn: chance, seeded.
        """
        self._drawn, self._things = drawn, things
        self._parts: dict[str, list[str]] = tomllib.loads(PARTS.read_text("utf-8"))
        self._lists = defaultdict[str, list[str]](list)
        for word, classes in gazetteer.items():
            for each in classes:
                if each in "GgSsPp" and not {*classes} & {*"cdtronx"}:
                    self._lists[each].append(word)
                elif each in "GSP":
                    self._lists[f"{each}c"].append(word)

    def given(self) -> str:
        """Return a given name."""
        if self._chance(_COMMON):
            return self._of("Gc")
        one = self._of("G", "G", "g")
        return f"{one}-{self._of('G')}" if self._chance(_DOUBLE) else one

    def called(self) -> str:
        """Return a given name, now and then in capitals."""
        return self._cased(self.given())

    def surname(self) -> str:
        """Return a surname."""
        chance = self._drawn.random()
        if chance < _COMMON:
            return self._of("Sc")
        one = self._of("S", "s", "s")
        if chance > 1 - _DOUBLE:
            return f"{one}-{self._of('S', 's')}"
        if chance > 1 - 3 * _DOUBLE:
            return f"{self._part('particles')} {one}"
        return f"{self._part('before')}{one}" if chance > 1 - 4 * _DOUBLE else one

    def person(self) -> str:
        """Return a name of a person, in one of the ways in which people are named."""
        (form,) = self._drawn.choices([*_FORMS], [*_FORMS.values()])
        return self._cased(
            form.format(
                given=self.given(),
                last=self.surname(),
                other=self.given(),
                middle=chr(65 + self._drawn.randrange(26)),
                more=self._of("S", "s"),
            )
        )

    def title(self) -> str:
        """Return what stands before a name."""
        return self._part("titles")

    def formal(self) -> str:
        """Return a name as it stands behind a title."""
        return self.surname() if self._chance(_HALF) else f"{self.given()} {self.surname()}"

    def town(self) -> str:
        """Return a name of a town."""
        chance = self._drawn.random()
        if chance < _COMMON:
            return self._of("Pc")
        one = self._of("P", "P", "p", "s")
        if chance > 1 - _COMPOUND:
            return self._part("towns").format(one=one, other=self._of("p", "P", "g"))
        return self._cased(one)

    def country(self) -> str:
        """Return a name of a country or a region."""
        return self._part("countries") if self._chance(_HALF) else self._of("P")

    def place(self) -> str:
        """Return a town, a country, or both."""
        if self._chance(_WITHIN):
            return f"{self.town()}, {self.country()}"
        return self.country() if self._chance(_HALF) else self.town()

    def way(self) -> str:
        """Return a name of a street."""
        one = self._drawn.choice(
            (self._of("s", "S"), self._of("p", "P"), self._of("G", "g"), self._part("trees"))
        )
        form = "{one} {suffix}" if self._chance(_WITHIN) else self._part("ways")
        return form.format(one=one, low=one.lower(), other=self._of("s", "g"), suffix=self._part("suffixes"))

    def line(self) -> str:
        """Return a street with a number, and perhaps a flat."""
        number = self._drawn.randrange(1, self._drawn.choice((99, 999, 99_999)))
        said = self._drawn.choice(_LINES).format(n=number, way=self.way(), a=self._drawn.choice("ABCabc"))
        if self._chance(_WITHIN):
            between, flat = self._drawn.choice((" ", ", ", "\n")), self._drawn.choice(_FLATS)
            said += f"{between}{flat} {self._drawn.randrange(1, 999)}"
        return said

    def address(self) -> str:
        """Return an address."""
        code = str(self._drawn.randrange(1_000, 99_999))
        if self._chance(_HALF):
            code = f"{self._of('P')[:2].upper()}{self._drawn.randrange(1, 30)} 4QT"
        return self._part("addresses").format(
            line=self.line(),
            town=self.town(),
            code=code,
            land=self.country(),
            two=self._part("states"),
            ship=self._of("s"),
            way=self.way(),
            other=self.way(),
            box=self._drawn.randrange(10, 9_999),
        )

    def organisation(self) -> str:
        """Return a name of an organisation."""
        return self._part("organisations").format(
            last=self.surname(),
            more=self._of("s", "S"),
            third=self._of("s", "S"),
            town=self._of("P", "p"),
            made=_capital(self._part("halves") + self._part("ends")),
            word=self._drawn.choice(self._things),
            suffix=self._part("firms"),
        )

    def _chance(self, share: float) -> bool:
        return self._drawn.random() < share

    def _part(self, name: str) -> str:
        return self._drawn.choice(self._parts[name])

    def _cased(self, name: str) -> str:
        return name.upper() if self._chance(_UPPER) else name

    def _of(self, *names: str) -> str:
        """Return a word of one of these lists, or one that is put together from two of them."""
        words = self._lists[self._drawn.choice(names)]
        one = self._drawn.choice(words)
        if self._chance(_OF_NOBODY):
            other = self._drawn.choice(words)
            one = (one[: max(len(one) // 2, 2)] + other[len(other) // 2 :])[:_LONGEST]
        return _capital(one)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
