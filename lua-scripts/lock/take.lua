-- Takes a lock for one owner until its lease is over.
--
-- KEYS[1] lock, a string: who has it
-- ARGV[1] owner, another for each time somebody wants it  [2] lease in ms
--
-- Returns {1 when this owner has it now, ms until it is free by itself}. Idempotent: who has it already has it, for the
-- rest of his lease.
local lock = KEYS[1]
local owner, lease = unpack(ARGV)

if redis.call('SET', lock, owner, 'NX', 'PX', lease) then
  return {1, tonumber(lease)}
end
return {redis.call('GET', lock) == owner and 1 or 0, redis.call('PTTL', lock)}
