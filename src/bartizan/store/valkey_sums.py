"""What strangers of each network asked for, summed up by a Valkey or Redis server for all who share it.

Rules of this file: a sum is told after the fact and in bulk, so no stranger can make anybody ask the server. Of each
network there is one key, a level as of `gauge.Rate` in microseconds, which runs out once nothing is owed. Where
the server does not answer nothing is known, and each worker goes by what it counted itself.
"""

import asyncio
from typing import Final

from bartizan.clock import MICROSECOND, Nanoseconds
from bartizan.store.gauge import OWED
from bartizan.store.resp import Reply
from bartizan.store.valkey_limits import OnServer, name_of, numbers, then

MOST: Final = 128
"""Networks of one call."""
SUM: Final = (
    f"local OWED = {OWED // MICROSECOND}"
    """
local t = tonumber(ARGV[1])
if t == 0 then
  local time = redis.call('TIME')
  t = time[1] * 1000000 + time[2]
end
local reply = {}
for i, key in ipairs(KEYS) do
  local level = math.max(tonumber(redis.call('GET', key) or 0), t)
  level = math.min(level + tonumber(ARGV[i + 1]), math.max(level, t + OWED))
  local debt = level - t
  redis.call('SET', key, string.format('%.0f', level), 'PX', string.format('%.0f', math.ceil(debt / 1000) + 1))
  reply[i] = debt
end
return reply
"""
)
"""ARGV: microsecond (0: the server's), then for each network the microseconds to add. Returns what each owes by then."""

Debts = tuple[Nanoseconds, ...]


class ValkeySums(OnServer):
    """The sums on one server; needs `SUM`."""

    __slots__ = ()

    def add(self, sums: tuple[tuple[str, Nanoseconds], ...]) -> "asyncio.Future[Debts]":
        """Add to what networks owe; what each of them then owes is to come, or nothing where nobody answers.

        Args:
            sums: networks, at most `MOST`, each once, with the nanoseconds to add.
        """
        keys = tuple(name_of(f"strangers {network}") for network, _ in sums)
        words = (b"%d" % -(-more // MICROSECOND) for _, more in sums)
        reply = self._valkey.call(SUM, keys, (b"%d" % self._moment(), *words))
        return then(reply, lambda said: _debts(said, len(sums)))


def _debts(said: Reply, length: int) -> Debts:
    found = numbers(said, length)
    return () if found is None else tuple(Nanoseconds(debt * MICROSECOND) for debt in found)
