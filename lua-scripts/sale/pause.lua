-- Pauses or resumes a sale.
--
-- KEYS[1] sale hash
-- ARGV[1] epoch  [2] paused (1 or 0)  [3] channel for changes  [4] sale id, for the message
--
-- Returns {1, stock, version}; {0, 0, 0} when Redis holds another epoch, or no version that can be counted up (seeded anew,
-- the sale is as PostgreSQL says): nothing changed. Idempotent.
local sale = KEYS[1]
local epoch, paused, channel, saleId = unpack(ARGV)

if redis.call('HGET', sale, 'epoch') ~= epoch then
  return {0, 0, 0}
end
local version = redis.pcall('HINCRBY', sale, 'version', 1)
if type(version) ~= 'number' then
  return {0, 0, 0}
end
redis.call('HSET', sale, 'paused', paused)
redis.call('PUBLISH', channel, saleId .. ':' .. string.format('%.0f', version))
return {1, tonumber(redis.call('HGET', sale, 'stock')) or 0, version}
