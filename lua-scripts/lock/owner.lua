-- Who has a lock.
--
-- KEYS[1] lock, a string: who has it
--
-- Returns {owner}, or {''} when it is nobody's, or of another type and so anybody's to take. Reads only.
local lock = KEYS[1]

return {redis.call('TYPE', lock).ok == 'string' and redis.call('GET', lock) or ''}
