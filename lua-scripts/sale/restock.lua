-- Adds the units of ledger entries to the stock, each entry once.
--
-- KEYS[1]   sale hash
-- ARGV[1]   epoch the entries belong to; ignored when Redis holds another one (a reseed contains them already)
-- ARGV[2]   channel for changes  [3] sale id, for the message
-- ARGV[4..] ledger id, quantity for each entry, in ascending order of id
--
-- Returns {1, stock, version}; {0, 0, 0} when Redis holds another epoch: nothing changed.
-- Idempotent by ledger id: the sale remembers the last one it has.
local sale = KEYS[1]
local epoch, channel, saleId = ARGV[1], ARGV[2], ARGV[3]

local state = redis.call('HMGET', sale, 'epoch', 'ledger', 'version')
if state[1] ~= epoch then
  return {0, 0, 0}
end
local last, version = tonumber(state[2]), tonumber(state[3])
local applied = false
for at = 4, #ARGV, 2 do
  local entry = tonumber(ARGV[at])
  if entry > last then
    redis.call('HINCRBY', sale, 'stock', ARGV[at + 1])
    last, applied = entry, true
  end
end
if applied then
  redis.call('HSET', sale, 'ledger', last)
  version = redis.call('HINCRBY', sale, 'version', 1)
  redis.call('PUBLISH', channel, saleId .. ':' .. version)
end
return {1, tonumber(redis.call('HGET', sale, 'stock')), version}
