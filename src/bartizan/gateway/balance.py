"""Which of a service's targets a request goes to: in proportion to their weights, among those that are fit.

Rules of this file: pure. A target of weight 0 stands by: it is asked where no other is left. The choice is smooth:
of weights 3 and 1, every fourth request goes to the second, none in a row more than it must.
Source: the smooth weighted round-robin of nginx (ngx_http_upstream_round_robin.c, described by its author).
"""

from collections.abc import Collection, Sequence


class Balance:
    """The turns of some targets, known by their place."""

    __slots__ = ("_credit", "_weights")

    def __init__(self, weights: Sequence[int]) -> None:
        """Begin with nobody ahead.

        Args:
            weights: of the targets, from 0.
        """
        self._weights = tuple(weights)
        self._credit = [0] * len(weights)

    def choose(self, fit: Collection[int]) -> int | None:
        """Return the place of the target whose turn it is; None where none is fit.

        Args:
            fit: places of those that may be asked.
        """
        ready = [place for place in fit if self._weights[place]]
        if not ready:
            return min(fit, default=None)
        for place in ready:
            self._credit[place] += self._weights[place]
        chosen = max(ready, key=lambda place: self._credit[place])
        self._credit[chosen] -= sum(self._weights[place] for place in ready)
        return chosen
