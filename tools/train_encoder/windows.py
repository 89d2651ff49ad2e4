"""What is learned from: windows of documents as they are served, and whether an attack stands in them.

Rules of this file: the same chance gives the same windows. A window that holds but a little of an attack is learned from as neither.
"""

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from bartizan.text.canonical import canonical
from bartizan.threats.encoder import windows
from bartizan.threats.wordpiece import Pieces, Vocabulary
from tools.train_encoder.documents import Writer
from tools.train_encoder.insertion import KINDS, Attacks, inserted

_ENOUGH, _LITTLE = 0.7, 0.1
"""Share of an attack, or of the window, that must be in it to count, and that may be in it of one that does not."""


_LONGEST: Final = 6_000
"""Letters of a document that something is put into."""
_TWINS: Final = 0.4
"""How often a window of the document without the attack is learned from beside the one with it."""


class Window(NamedTuple):
    """A window: pieces, whether an attack stands in it, and of what kind it or the document is."""

    ids: Sequence[int]
    attack: bool
    kind: str


class Page(NamedTuple):
    """A document, the kind of the attack in it or empty, and where that stands."""

    text: str
    attack: str
    start: int
    end: int
    kind: str


def clean(writer: Writer) -> Page:
    """Return a document without an attack."""
    text, kind = writer.document()
    return Page(canonical(text).view.text, "", 0, 0, kind)


def attacked(writer: Writer, attacks: Attacks, kind: str) -> Page:
    """Return a document with an attack of a kind."""
    return twins(writer, attacks, kind)[0]


def twins(writer: Writer, attacks: Attacks, kind: str) -> tuple[Page, Page]:
    """Return a document with an attack of a kind, and the same without it."""
    plain, of = writer.document()
    plain = plain[:_LONGEST]
    text, start, end = inserted(plain, attacks.attack(kind), attacks.drawn)
    before, middle = canonical(text[:start]).view.text, canonical(text[start:end]).view.text
    whole = before + middle + canonical(text[end:]).view.text
    return (
        Page(whole, kind, len(before), len(before) + len(middle), of),
        Page(canonical(plain).view.text, "", 0, 0, of),
    )


def windows_of(page: Page, vocabulary: Vocabulary) -> list[Window]:
    """Return the windows of a document that say clearly whether an attack stands in them."""
    pieces = vocabulary.read(page.text)
    inside = _inside(pieces, page)
    total, found = sum(inside), list[Window]()
    for first, last in windows(len(pieces.ids)):
        mine = sum(inside[first:last])
        ids = pieces.ids[first:last]
        if total and mine >= _ENOUGH * min(total, last - first):
            found.append(Window(ids, attack=True, kind=page.attack))
        elif mine <= _LITTLE * total:
            found.append(Window(ids, attack=False, kind=page.kind))
    return found


def _inside(pieces: Pieces, page: Page) -> list[bool]:
    if not page.attack:
        return [False] * len(pieces.ids)
    within = [start < page.end and end > page.start for start, end in pieces.spans]
    return [within[word] for word in pieces.words]


def drawn_windows(
    count: int, writer: Writer, attacks: Attacks, vocabulary: Vocabulary, share: float
) -> list[Window]:
    """Return windows, of which so large a share have an attack in them."""
    drawn = random.Random(attacks.drawn.random())  # noqa: S311 - an order, no secret
    names, weights = [*KINDS], [*KINDS.values()]
    found = list[Window]()
    while len(found) < count:
        if drawn.random() < share:
            kind = drawn.choices(names, weights)[0]
            one, other = twins(writer, attacks, kind)
            told = [each for each in windows_of(one, vocabulary) if each.attack]
            found += drawn.sample(told, min(len(told), 1))
            plain = windows_of(other, vocabulary) if drawn.random() < _TWINS else []
            found += drawn.sample(plain, min(len(plain), 1))
        else:
            mine = windows_of(clean(writer), vocabulary)
            found += drawn.sample(mine, min(len(mine), 2))
    return found[:count]
