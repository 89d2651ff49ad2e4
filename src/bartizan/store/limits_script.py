"""The steps of `memory_limits.py` once more, for Valkey, where each is one script that nothing comes between.

Rules of this file: the same arithmetic as `gauge.py`, in whole numbers: microseconds, units, millionths. All of
them stay below 2**53, which is as far as a Lua number is exact; they are written with %.0f, for a number that is
left to itself is written with 14 digits. Time is the server's: machines that share it share one clock.

Of each limit there are two keys. A hash: `l` the level, `h` the sum of the holds, `d` the threshold that was told of.
A sorted set of the holds: `LEASE:AMOUNT` by the microsecond at which it runs out. Both run out by themselves once
they owe nothing; those of a budget a day later, because its end is by the asking machine's calendar.
No number that anybody claims may make a script fail: one that fails ends a connection, and with it everybody's answers.
"""

from typing import Final

from bartizan.clock import MICROSECOND
from bartizan.store.gauge import OWED, PAID

_SHARED: Final = (
    f"local OWED, PAID = {OWED // MICROSECOND}, {PAID}"
    """
local function now()
  local given = tonumber(ARGV[2])
  if given > 0 then return given end
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local function whole(n) return string.format('%.0f', n) end
local function paid(kind, level, t, cost)
  if kind == 'r' then return math.min(math.max(level, t) + cost, math.max(level, t + OWED)) end
  if kind == 'b' then return math.min(level + cost, PAID) end
  return 0
end
local function owed(kind, level, t)
  if kind == 'r' then return math.max(0, level - t) end
  return level
end
local function read(i, t)
  local at = 3 + (i - 1) * 6
  local one = {
    key = KEYS[2 * i - 1], holds = KEYS[2 * i], kind = ARGV[at + 1], cost = tonumber(ARGV[at + 2]),
    most = tonumber(ARGV[at + 3]), ends = tonumber(ARGV[at + 4]), held = ARGV[at + 5] == '1',
    spent = tonumber(ARGV[at + 6]),
  }
  local row = redis.call('HMGET', one.key, 'l', 'h', 'd')
  one.level, one.sum, one.told = tonumber(row[1] or 0), tonumber(row[2] or 0), tonumber(row[3] or 0)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', one.holds, '-inf', whole(t))) do
    local amount = tonumber(string.match(member, ':(%d+)$'))
    one.sum = one.sum - amount
    one.level = paid(one.kind, one.level, t, amount)
    redis.call('ZREM', one.holds, member)
  end
  return one
end
local function tell(one, refused)
  if one.kind ~= 'b' then return 0 end
  for _, threshold in ipairs({100, 80, 50}) do
    if threshold > one.told and (refused or one.level * 100 >= one.most * threshold) then
      one.told = threshold
      return threshold
    end
  end
  return 0
end
local function write(one, t, life)
  local stays = life + 1000000
  if one.kind == 'r' then stays = stays + owed('r', one.level, t) end
  if one.kind == 'b' then stays = stays + math.max(0, one.ends - t) + 86400000000 end
  redis.call('HSET', one.key, 'l', whole(one.level), 'h', whole(one.sum), 'd', whole(one.told))
  local ms = whole(math.ceil(stays / 1000))
  redis.call('PEXPIRE', one.key, ms)
  redis.call('PEXPIRE', one.holds, ms)
end
local lease, life = ARGV[1], tonumber(ARGV[3])
"""
)

ASK: Final = (
    _SHARED
    + """
local t = now()
local soon = 1000000
local all, waits, worst, longest = {}, {}, 0, 0
for i = 1, #KEYS / 2 do
  local one = read(i, t)
  local debt = owed(one.kind, one.level, t)
  local excess = debt + one.sum + one.cost - one.most
  local wait = 0
  if excess > 0 then
    wait = soon
    if one.cost > one.most then wait = -1
    elseif one.kind == 'r' and excess <= debt then wait = excess
    elseif one.kind == 'b' and debt + one.cost > one.most then wait = math.max(1, one.ends - t) end
    local weight = wait
    if wait < 0 then weight = math.huge end
    if weight > longest then worst, longest = i, weight end
  end
  all[i], waits[i] = one, wait
end
local reply
if worst > 0 then
  reply = {worst, waits[worst]}
  for i, one in ipairs(all) do
    local wait = waits[i]
    reply[#reply + 1] = tell(one, wait > 0 and wait ~= soon)
    write(one, t, life)
  end
  return reply
end
reply = {0, t}
for i, one in ipairs(all) do
  if one.held then
    redis.call('ZADD', one.holds, whole(t + life), lease .. ':' .. whole(one.cost))
    one.sum = one.sum + one.cost
  else
    one.level = paid(one.kind, one.level, t, one.cost)
  end
  write(one, t, life)
  reply[#reply + 1] = owed(one.kind, one.level, t) + one.sum
end
return reply
"""
)
"""ARGV: lease, microsecond (0: the server's), microseconds of a lease; then for each limit kind, cost, most, end, held, 0.

Returns {0, microsecond, taken...} or {place, wait, told...}, places from 1.
"""

SETTLE: Final = (
    _SHARED
    + """
local t = now()
local reply = {}
for i = 1, #KEYS / 2 do
  local one = read(i, t)
  if one.held then
    local cost = one.spent
    if redis.call('ZREM', one.holds, lease .. ':' .. whole(one.cost)) == 1 then
      one.sum = one.sum - one.cost
    else
      cost = math.max(0, cost - one.cost)
    end
    one.level = paid(one.kind, one.level, t, cost)
  end
  reply[i] = tell(one, false)
  write(one, t, life)
end
return reply
"""
)
"""ARGV as of `ASK`, with what each did cost at the end. Returns the thresholds that were reached."""

RENEW: Final = (
    _SHARED
    + """
local t = now()
for i = 1, #KEYS / 2 do
  local one = read(i, t)
  local member = lease .. ':' .. whole(one.cost)
  if one.held and one.kind == 'p' then
    one.sum = one.sum + one.cost * redis.call('ZADD', one.holds, whole(t + life), member)
  elseif one.held then
    redis.call('ZADD', one.holds, 'XX', whole(t + life), member)
  end
  write(one, t, life)
end
return 0
"""
)
"""ARGV as of `ASK`. A place that was forgotten is taken again, for it is in use; what ran out otherwise was paid."""
