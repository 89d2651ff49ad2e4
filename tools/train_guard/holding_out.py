"""What the model makes of sources that it has not learned from: the only figures by which a threshold is fixed.

Rules of this file: a source is held out whole, with all that is like it. A threshold is fixed on texts that people wrote,
each source counting the same however large it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from bartizan.threats.injection import Curve, Header, Model
from bartizan.threats.subject import Channel
from tools.train_guard.curation import Text, group
from tools.train_guard.fitting import LENGTH, NARROW, SERVED, Fitted, fitted, rows_of

_TOLD: Final = 2.0
"""A sum from which on each window of a long text is looked at."""


class Held(NamedTuple):
    """A text that was held out, and the sum of its highest window."""

    text: Text
    total: float


def read_as(found: Fitted, curves: Mapping[Channel, Curve], made: str = "", digest: str = "") -> Model:
    """Return a model of fitted numbers, as it is served."""
    header = Header(made, digest, found.unit, found.bias, SERVED, NARROW, LENGTH, curves)
    return Model(header, found.numbers)


def totals(found: Fitted, texts: Iterable[str]) -> list[float]:
    """Return the sum of the highest window of each text."""
    model = read_as(found, {})
    return [model.highest(text, _TOLD)[0] for text in texts]


def held_out(texts: Sequence[Text], also: Sequence[Text], said: Callable[[str], None]) -> list[Held]:
    """Return every text with its sum by a model that has seen nothing of its source.

    Args:
        texts: of people; also: what every model learns from besides.
        said: is told of each source.
    """
    rows = {each: rows_of(each.said, attack=each.attack) for each in [*texts, *also]}
    found = list[Held]()
    for out in sorted({group(each) for each in texts}):
        left = [each for each in texts if group(each) != out]
        model = fitted([row for each in [*left, *also] for row in rows[each]])
        mine = [each for each in texts if group(each) == out]
        found += map(Held, mine, totals(model, [each.said for each in mine]))
        said(out)
    return found


def auc(attacks: Sequence[float], others: Sequence[float]) -> float:
    """Return the share of pairs in which the attack stands higher; equals count half."""
    order = np.argsort(np.array([*attacks, *others]), kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    size = len(attacks)
    return float((ranks[:size].sum() - size * (size + 1) / 2) / size / len(others))


def recall_at(share: float, attacks: Sequence[float], others: Sequence[float]) -> float:
    """Return the share of attacks above what so large a share of others is above."""
    return float((np.array(attacks) > np.quantile(others, 1 - share)).mean())
