-- Writes one page of what PostgreSQL knows into a sale that is being seeded: what buyers have bought, and the
-- operations that can be replayed.
--
-- KEYS[1]   sale hash   KEYS[2] replays hash
-- ARGV[1]   epoch
-- ARGV[2]   how long after the end of the sale replays are kept, ms
-- ARGV[3]   number of buyers in this page
-- ARGV[4..] user, units for each buyer; then operation, bodyHash for each replay
--
-- Returns {1}, or {0} when the sale is not being seeded in this epoch (any more): nothing was written.
-- Idempotent: it sets what PostgreSQL holds, so a page may be repeated while the sale is seeding.
local sale, replays = KEYS[1], KEYS[2]
local epoch, kept, buyers = ARGV[1], ARGV[2], tonumber(ARGV[3])

local state = redis.call('HMGET', sale, 'epoch', 'phase', 'endsAt')
if state[1] ~= epoch or state[2] ~= 'seeding' then
  return {0}
end
for i = 1, buyers do
  local at = 4 + (i - 1) * 2
  redis.call('HSET', sale, 'b:' .. ARGV[at], ARGV[at + 1])
end
for at = 4 + buyers * 2, #ARGV, 2 do
  redis.call('HSET', replays, ARGV[at], ARGV[at + 1])
end
redis.call('PEXPIREAT', replays, state[3] + kept)
return {1}
