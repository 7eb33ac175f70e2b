-- Opens or closes a sale for purchases.
--
-- KEYS[1] sale hash
-- ARGV[1] epoch  [2] phase the sale must be in (seeding, open or closed)  [3] phase to enter
-- ARGV[4] channel for changes  [5] sale id, for the message
--
-- Returns {1, stock, version}; {0, 0, 0} when epoch or phase is another one: nothing changed.
-- Idempotent: a sale already in the wanted phase of this epoch answers 1. One whose version is no number is closed all the
-- same, so that it can be seeded anew, and answers version 0.
local sale = KEYS[1]
local epoch, from, to, channel, saleId = unpack(ARGV)

local state = redis.call('HMGET', sale, 'epoch', 'phase', 'stock', 'version')
if state[1] ~= epoch or (state[2] ~= from and state[2] ~= to) then
  return {0, 0, 0}
end
local version = tonumber(state[4])
if not version or version ~= version then
  version = 0
end
if state[2] ~= to then
  redis.call('HSET', sale, 'phase', to)
  local counted = redis.pcall('HINCRBY', sale, 'version', 1)
  version = type(counted) == 'number' and counted or 0
  redis.call('PUBLISH', channel, saleId .. ':' .. string.format('%.0f', version))
end
return {1, tonumber(state[3]) or 0, version}
