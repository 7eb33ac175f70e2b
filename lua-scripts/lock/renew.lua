-- Lengthens the lease of whoever has the lock: compare and expire.
--
-- KEYS[1] lock, a string: who has it
-- ARGV[1] owner  [2] lease in ms, from now
--
-- Returns {1}; {0} when it is another's or nobody's: nothing changed. Idempotent.
local lock = KEYS[1]
local owner, lease = unpack(ARGV)

if redis.call('GET', lock) == owner then
  return {redis.call('PEXPIRE', lock, lease)}
end
return {0}
