"""Confidence limits of a share: Wilson's, and Clopper and Pearson's exact ones.

Rules of this file: pure. Wilson's are shown: they cover 95 % on average over shares. The exact ones cover at least that
for every share.
Source: Brown, Cai and DasGupta 2001, Interval Estimation for a Binomial Proportion.
"""

import math
from typing import Final, NamedTuple

Z95: Final = 1.959963984540054
"""Quantile of the normal distribution for 95 % between both limits."""
_TINY: Final = 1e-300
_STEPS: Final = 300
_HALVINGS: Final = 60
_HALF: Final = 0.025
"""What lies beyond each limit, of 1."""


class Limits(NamedTuple):
    """Lower and upper limit of a share, 0 to 1."""

    low: float
    high: float


def wilson(hits: int, of: int) -> Limits:
    """Return Wilson's limits at 95 %.

    Args:
        hits: 0 to `of`.
        of: how many there were; nothing is known of none.
    """
    if not of:
        return Limits(0.0, 1.0)
    share, square = hits / of, Z95 * Z95
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return Limits(max(0.0, middle - reach) if hits else 0.0, min(1.0, middle + reach) if hits < of else 1.0)


def exact(hits: int, of: int) -> Limits:
    """Return Clopper and Pearson's limits at 95 %; arguments as of `wilson`."""
    low = _quantile(_HALF, hits, of - hits + 1) if hits else 0.0
    high = _quantile(1 - _HALF, hits + 1, of - hits) if hits < of else 1.0
    return Limits(low, high)


def _quantile(share: float, a: int, b: int) -> float:
    """Return where the distribution function of Beta(a, b) reaches a share."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: int, b: int) -> float:
    """Return the distribution function of Beta(a, b) at x, 0 to 1.

    Source: Abramowitz and Stegun, 26.5.8, evaluated by Lentz's algorithm.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly on the other side
        return 1 - beta_share(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _fraction(x, a, b) / a


def _fraction(x: float, a: int, b: int) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < 1e-15:  # noqa: PLR2004 - no digit changes any more
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
