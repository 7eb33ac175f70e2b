-- Gives a lock back: compare and delete. An owner whose lease is over must not free what is another's by now.
--
-- KEYS[1] lock, a string: who has it
-- ARGV[1] owner
--
-- Returns {1}; {0} when it is another's or nobody's: nothing changed. Idempotent.
local lock = KEYS[1]
local owner = ARGV[1]

if redis.call('GET', lock) == owner then
  return {redis.call('DEL', lock)}
end
return {0}
