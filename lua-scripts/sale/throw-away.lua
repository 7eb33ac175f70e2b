-- Gives everything of a sale that nobody sells a life of its own; 0 ends it now.
--
-- KEYS[..] every key of the sale
-- ARGV[1]  life in ms, from now
--
-- Returns {keys that were there}. Idempotent.
local there = 0
for _, key in ipairs(KEYS) do
  there = there + redis.call('PEXPIRE', key, ARGV[1])
end
return {there}
