-- Reads where a sale's stock stands, in one moment, with its journal when that is short enough.
--
-- KEYS[1] sale hash   KEYS[2] journal hash
-- ARGV[1] most journal entries to return; a longer journal is counted, not listed
--
-- Returns {epoch, phase, stock, version, seq, journal length, operation, entry, operation, entry, ...}, or an
-- empty list when Redis has no such sale. Reads only.
local sale, journal = KEYS[1], KEYS[2]
local most = tonumber(ARGV[1])

local state = redis.call('HMGET', sale, 'epoch', 'phase', 'stock', 'version', 'seq')
if not state[1] then
  return {}
end
local length = redis.call('HLEN', journal)
local reply = {tonumber(state[1]), state[2], tonumber(state[3]), tonumber(state[4]), tonumber(state[5]), length}
if length > 0 and length <= most then
  for _, text in ipairs(redis.call('HGETALL', journal)) do
    reply[#reply + 1] = text
  end
end
return reply
