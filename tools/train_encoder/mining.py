"""Hard harmless windows: those of many that the encoder takes most for attacks, to be learned from again."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from bartizan.threats.wordpiece import Vocabulary
from tools.train_encoder.documents import Writer
from tools.train_encoder.insertion import Attacks
from tools.train_encoder.windows import Window, clean, drawn_windows, windows_of

_SHARE: Final = 0.5
_EVERY: Final = 6
"""Windows of one document that are looked at."""


def mined(
    score: Callable[[Sequence[int]], float],
    vocabulary: Vocabulary,
    makers: tuple[Writer, Attacks],
    looked: int,
    kept: int,
) -> list[Window]:
    """Return so many hard windows among those looked at, and other windows, of which half are attacks.

    Args:
        score: sum of a window by the encoder that finds them hard.
        vocabulary: of it.
        makers: of what is learned from.
        looked: clean windows that are looked at.
        kept: of them the hardest; as many attacks and half as many others go with them.
    """
    writer, attacks = makers
    found = list[Window]()
    while len(found) < looked:
        every = windows_of(clean(writer), vocabulary)
        found += writer.drawn.sample(every, min(len(every), _EVERY))
    hard = hardest(found, [score(each.ids) for each in found], kept)
    more = drawn_windows(kept * 2, writer, attacks, vocabulary, 2 * _SHARE * 0.68)
    together = [*hard, *more]
    random.Random(kept).shuffle(together)  # noqa: S311 - an order, no secret
    return together


def hardest(found: Sequence[Window], totals: Sequence[float], kept: int) -> list[Window]:
    """Return the windows with the highest sums."""
    order = sorted(range(len(found)), key=lambda each: -totals[each])
    return [found[each] for each in order[:kept]]
