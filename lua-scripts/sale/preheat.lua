-- Puts a sale's stock into Redis, closed, to be filled by seed.lua and opened by phase.lua. Never overwrites:
-- data of the same or a later epoch stands,
-- unless it is so much later, or no whole number, that no seeding can have written it.
--
-- KEYS[1] sale hash   KEYS[2] journal hash   KEYS[3] replays hash
-- ARGV[1] epoch  [2] stock to sell (total less committed)  [3] startsAt ms  [4] endsAt ms
-- ARGV[5] per-user limit  [6] paused (1 or 0)  [7] last ledger entry already contained in the stock
-- ARGV[8] how long after the end of the sale replays are kept, ms
--
-- The replays hash is begun with the field 'epoch', which is no operation's id: by it hold.lua and position.lua see that it
-- is there and not lost, however few replays there are.
--
-- Returns {preheated 1 or 0, epoch that stands now}.
local sale, journal, replays = KEYS[1], KEYS[2], KEYS[3]
local epoch, stock, startsAt, endsAt, limit, paused, ledger, kept = unpack(ARGV)
-- Versions of a later epoch are greater than any of an earlier one, so nodes can compare across a reseed.
local VERSIONS_PER_EPOCH = 1000000000

-- As WarmUp.java has it: how many seedings PostgreSQL may have forgotten, after a restore or a failover.
local FORGOTTEN = 10000

local text = redis.call('TYPE', sale).ok == 'hash' and redis.call('HGET', sale, 'epoch')
local standing = text and text:match('^[1-9]%d*$') and tonumber(text)
if standing and standing >= tonumber(epoch) and standing - tonumber(epoch) < FORGOTTEN then
  return {0, standing}
end
redis.call('DEL', sale, journal, replays)
redis.call('HSET', sale, 'epoch', epoch, 'phase', 'seeding', 'stock', stock,
  'version', tonumber(epoch) * VERSIONS_PER_EPOCH, 'seq', 0, 'ledger', ledger,
  'startsAt', startsAt, 'endsAt', endsAt, 'limit', limit, 'paused', paused)
redis.call('HSET', replays, 'epoch', epoch)
redis.call('PEXPIREAT', replays, endsAt + kept)
return {1, tonumber(epoch)}
