-- Takes holds back that will never be orders. Their tombstones stand in PostgreSQL before this is called.
--
-- KEYS[1]   sale hash
-- KEYS[2]   journal hash
-- ARGV[1]   epoch of the holds; ignored when Redis holds another one
-- ARGV[2]   channel for changes
-- ARGV[3]   sale id, for the message
-- ARGV[4..] four for each hold: operation, epoch:seq, give back (1: the units return to sale; 0: they never
--           existed and are dropped), units of this buyer that PostgreSQL has committed (-1: not known; else the
--           buyer's count never falls below it, which also mends a count that Redis had forgotten)
--
-- Returns {stock, version} or {-1, -1} when the epoch is another one, or the stock or the version no number: then the holds
-- only leave the journal, for the sale is to be seeded anew, with what PostgreSQL counts.
-- Idempotent: a hold that is gone, or was made anew under another epoch:seq, changes nothing.
local sale, journal = KEYS[1], KEYS[2]
local epoch, channel, saleId = ARGV[1], ARGV[2], ARGV[3]
local FIRST, WIDTH = 4, 4

if redis.call('HGET', sale, 'epoch') ~= epoch then
  return {-1, -1}
end
local changed = false
for at = FIRST, #ARGV, WIDTH do
  local operation, hold, giveBack, committed = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local entry = redis.call('HGET', journal, operation)
  if entry and entry:match('^%d+:%d+') == hold then
    local user, quantity = entry:match('^%d+:%d+:(%d+):(%d+)')
    redis.call('HDEL', journal, operation)
    if giveBack == '1' then
      redis.pcall('HINCRBY', sale, 'stock', quantity)
    end
    local units = (tonumber(redis.call('HGET', sale, 'b:' .. user)) or 0) - tonumber(quantity)
    if units < committed then units = committed end
    if units < 0 then units = 0 end
    redis.call('HSET', sale, 'b:' .. user, units)
    changed = true
  end
end
if changed then
  local version = redis.pcall('HINCRBY', sale, 'version', 1)
  if type(version) == 'number' then
    redis.call('PUBLISH', channel, saleId .. ':' .. string.format('%.0f', version))
  end
end
local now = redis.call('HMGET', sale, 'stock', 'version')
local stock, version = tonumber(now[1]), tonumber(now[2])
-- What is no number does not equal itself.
if not stock or not version or stock ~= stock or version ~= version then
  return {-1, -1}
end
return {stock, version}
