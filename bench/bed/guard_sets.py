"""The texts that the guard and its peers are tried on: what users write, the same in disguise, and documents with and without orders.

Texts of people come as they came, not as our canonical view has them. The same data give the same texts, in the same order.
"""

import itertools
import json
import random
import sys
from collections.abc import Iterator, Sequence
from email import message_from_string
from pathlib import Path
from pydoc_data.topics import topics
from typing import Final, NamedTuple

from bartizan.text.canonical import canonical
from bench.bed.disguises import DISGUISES
from tools.train_guard.curation import FILES, Text, curated, group

USERS, DISGUISED, DOCUMENTS = "what users write", "in disguise", "documents"
HARMLESS: Final = Path(__file__).parents[2] / "tests" / "threats" / "benign.jsonl"
"""Texts of our own that look like attacks and are none."""
SHIPPED: Final = ""
"""Stands for a source that the model that ships has not learned from."""
_PAGE, _SHORTEST = 3_000, 1_500
"""Letters of a document, and how few it may have."""
_OFF_TASK: Final = "self-instruct"
_LARGEST: Final = "s-labs"


class Case(NamedTuple):
    """One text.

    Attributes:
        of: `USERS`, `DISGUISED` or `DOCUMENTS`; whoever is compared is so within one of them.
        name: of the set, as the table has it.
        attack: whether it is one, or has one in it.
        source: that a model must not have learned from, as `tools.train_guard` names it.
        text: itself.
    """

    of: str
    name: str
    attack: bool
    source: str
    text: str

    @property
    def channel(self) -> str:
        """Return whose words it is."""
        return "document" if self.of == DOCUMENTS else "user"


def cases(data: Path, most: int) -> list[Case]:
    """Return the texts.

    Args:
        data: folder of train.jsonl and benign.jsonl.
        most: texts of one source in one set.
    Raises:
        OSError: a file is not there.
    """
    raw, texts = _as_they_came(data), curated(data)
    sides = {
        (source, attack): [(raw[each.said], source) for each in mine[:most]]
        for (source, attack), mine in _by_source(texts).items()
    }
    return [*_users(sides), *_disguised(sides, most), *_documents(sides, most)]


Sides = dict[tuple[str, bool], list[tuple[str, str]]]
"""(source, whether attacks) -> texts, each with its source."""


def _as_they_came(data: Path) -> dict[str, str]:
    """Return canonical view -> text."""
    rows = (json.loads(line)["text"] for name in FILES for line in (data / name).read_bytes().splitlines())
    return {canonical(text).view.text: text for text in rows}


def _by_source(texts: Sequence[Text]) -> dict[tuple[str, bool], list[Text]]:
    found = dict[tuple[str, bool], list[Text]]()
    for each in texts:
        found.setdefault((group(each), each.attack), []).append(each)
    return {key: mine for key, mine in sorted(found.items()) if len(mine) >= 50}


def _users(sides: Sides) -> Iterator[Case]:
    for (source, attack), mine in sides.items():
        for text, _ in mine:
            yield Case(USERS, f"{source}, {'attacks' if attack else 'others'}", attack, source, text)
    for line in HARMLESS.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Case(USERS, f"{row['kind']} (ours), others", False, SHIPPED, row["text"])


def _disguised(sides: Sides, most: int) -> Iterator[Case]:
    """Yield attacks and others of the largest source in each disguise, so many in all for each set."""
    for attack in (True, False):
        mine = sides[_LARGEST, attack][: most // (3 if attack else 6)]
        for name, disguise in DISGUISES.items():
            told = f"{_LARGEST}, {name}" if attack else f"{_LARGEST}, each of these, others"
            for text, source in mine:
                yield Case(DISGUISED, told, attack, source, disguise(text))


def _documents(sides: Sides, most: int) -> Iterator[Case]:
    pages = _pages()
    drawn = random.Random(2)
    drawn.shuffle(pages)
    for page in pages[: 2 * most]:
        yield Case(DOCUMENTS, "pages of Python and packages, others", False, SHIPPED, page)
    carriers = itertools.cycle(pages)
    attacks = [mine[:most] for (_, attack), mine in sides.items() if attack]
    every = [each for each in itertools.chain(*itertools.zip_longest(*attacks)) if each is not None]
    tasks = sides[_OFF_TASK, False]
    sets = (("an attack in a page", every), ("a task in a page, which nobody set", tasks))
    for name, texts in sets:
        for text, source in [each for each in texts if len(each[0]) <= 600][:most]:
            yield Case(DOCUMENTS, name, True, source, _within(next(carriers), text, drawn))


def _within(page: str, text: str, drawn: random.Random) -> str:
    """Return a page with a text between two of its lines."""
    lines = page.split("\n")
    place = drawn.randrange(len(lines) + 1)
    return "\n".join([*lines[:place], text, *lines[place:]])


def _pages() -> list[str]:
    """Return pages of Python's reference, and of what the packages of this environment say of themselves."""
    places = sorted(Path(sys.prefix).glob("lib/python*/site-packages/*/METADATA"))
    whole = [message_from_string(path.read_text("utf-8", "replace")).get_payload() for path in places]
    return [
        text[at : at + _PAGE]
        for text in [*topics.values(), *map(str, whole)]
        for at in range(0, min(len(text), 16 * _PAGE), _PAGE)
        if len(text) - at >= _SHORTEST
    ]
