"""All that is learned from, and all that is held out from that."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.threats.wordpiece import BEGIN, END, PADDING, UNKNOWN, Vocabulary
from tools.train_encoder.documents import EVERY, Writer
from tools.train_encoder.insertion import Attacks
from tools.train_encoder.phrases import ByHand, by_hand
from tools.train_encoder.real import Origin, origins, sentences
from tools.train_encoder.requests import attacks, imperatives

_COMMON: Final = 13_000
"""Pieces from the beginning of the vocabulary, which stands in order of use, that are kept in any case."""
_DOCUMENTS: Final = 3_000
_SPECIAL: Final = frozenset({PADDING, UNKNOWN, BEGIN, END})


class Material(NamedTuple):
    """One side: texts that are learned from, or those that are held out.

    Attributes:
        texts: of others.
        prose: sentences of them.
        imperatives, attacks: as `Attacks` has them.
        held: which side it is.
        by_hand: what was written by hand.
    """

    texts: Sequence[Origin]
    prose: Sequence[str]
    imperatives: Sequence[str]
    attacks: Sequence[str]
    held: bool
    by_hand: ByHand

    def makers(self, seed: int, kinds: Sequence[str] = EVERY) -> tuple[Writer, Attacks]:
        """Return what writes documents of some kinds and attacks, always the same for a seed."""
        one, other = random.Random(seed), random.Random(seed + 1)  # noqa: S311 - texts, no secret
        whole = [each.text for each in self.texts]
        writer = Writer(one, self.prose, whole, self.held, {}, self.by_hand.documents, kinds)
        return writer, Attacks(other, self.imperatives, self.attacks, self.held, self.by_hand.attacks)


def sides(data: Path, packages: Sequence[Path]) -> tuple[Material, Material]:
    """Return what is learned from, and what is held out.

    Args:
        data: folder of train.jsonl and benign.jsonl.
        packages: folders with packages whose texts are read.
    """
    every = origins(packages, data)
    one, other = (
        _side(data, [each for each in every if each.held == held], held=held) for held in (False, True)
    )
    return one, other


def _side(data: Path, texts: Sequence[Origin], *, held: bool) -> Material:
    said = imperatives(data, held=held)
    return Material(texts, sentences(texts), said, attacks(data, held=held), held, by_hand(held=held))


def kept(pieces: Sequence[str], learned: Material) -> list[int]:
    """Return the numbers of the pieces that are kept: the common ones, single characters, and those that stand in what is learned from."""
    vocabulary, writer = Vocabulary(pieces), learned.makers(77)[0]
    written = (writer.document()[0] for _ in range(_DOCUMENTS))
    seen = set[int]()
    for text in (*(each.text for each in learned.texts), *learned.imperatives, *learned.attacks, *written):
        seen.update(vocabulary.read(text).ids)
    return [
        number
        for number, piece in enumerate(pieces)
        if piece in _SPECIAL
        or (
            not piece.startswith("[unused")
            and (number in seen or number < _COMMON or len(piece.removeprefix("##")) == 1)
        )
    ]
