-- Takes a lock for one owner until its lease is over.
--
-- KEYS[1] lock, a string: who has it
-- ARGV[1] owner, another for each time somebody wants it  [2] lease in ms
--
-- Returns {1 when this owner has it now, ms until it is free by itself}. Idempotent: who has it already has it, for the
-- rest of his lease. What stands there for longer than a lease, without end or as another type, was not written by
-- take.lua or renew.lua and would never be given back: it is taken over. Whoever has it in truth, under a longer lease of
-- his own, loses it; a lock keeps nothing safe, so that costs work done twice.
local lock = KEYS[1]
local owner, lease = ARGV[1], tonumber(ARGV[2])

if redis.call('SET', lock, owner, 'NX', 'PX', lease) then
  return {1, lease}
end
local left = redis.call('PTTL', lock)
local readable = redis.call('TYPE', lock).ok == 'string'
if readable and redis.call('GET', lock) == owner and left > 0 then
  return {1, left}
end
if not readable or left < 0 or left > lease then
  redis.call('SET', lock, owner, 'PX', lease)
  return {1, lease}
end
return {0, left}
