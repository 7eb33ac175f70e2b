-- Reads where a sale's stock stands, in one moment, with its journal when that is short enough.
--
-- KEYS[1] sale hash   KEYS[2] journal hash   KEYS[3] replays hash, only for its type and its epoch
-- ARGV[1] most journal entries to return; a longer journal is counted, not listed
--
-- Returns {epoch, phase, stock, version, seq, journal length, last ledger entry taken, operation, entry, operation,
-- entry, ...}, or an empty list when Redis has no such sale, or no epoch it could have. A sale that has lost a
-- field, or one of whose numbers is none a script wrote, or whose version is of another epoch, or that is open
-- (and not over since a minute, for replays end some time) and has lost its replays, or whose journal or replays are no hash, answers the phase
-- 'damaged', and 0 for what is missing: nobody could buy. Reads only.
local sale, journal, replays = KEYS[1], KEYS[2], KEYS[3]
local most = tonumber(ARGV[1])
-- The last one whose versions (epoch * 1000000000 and up) are exact; as it is written by preheat.lua and compared as text.
local LAST_EPOCH = 9007198
-- As preheat.lua has it.
local VERSIONS_PER_EPOCH = 1000000000
-- As hold.lua has them.
local LARGEST = 9007199254740000
local AFTER_THE_END = 60000

if redis.call('TYPE', sale).ok ~= 'hash' then
  return {}
end
local state = redis.call('HMGET', sale, 'epoch', 'phase', 'stock', 'version', 'seq', 'startsAt', 'endsAt', 'limit',
  'ledger')
local epoch = state[1] and state[1]:match('^[1-9]%d*$') and tonumber(state[1])
local phase = state[2]
if not epoch or epoch > LAST_EPOCH then
  return {}
end

-- As hold.lua reads it.
local function whole(text, shape)
  local value = text and (text == '0' or text:find(shape or '^[1-9]%d*$')) and tonumber(text)
  return value and value <= LARGEST and value >= -LARGEST and value or nil
end

local numbers = {}
for field = 3, 9 do
  numbers[field] = whole(state[field], field == 3 and '^%-?[1-9]%d*$')
  if not numbers[field] then
    phase = 'damaged'
  end
end
if numbers[4] and math.floor(numbers[4] / VERSIONS_PER_EPOCH) ~= epoch then
  phase = 'damaged'
end
local function isHash(key)
  local kind = redis.call('TYPE', key).ok
  return kind == 'hash' or kind == 'none'
end
local readable = isHash(journal)
if not readable or not isHash(replays) then
  phase = 'damaged'
elseif phase == 'open' and redis.call('HGET', replays, 'epoch') ~= state[1]
  and redis.call('TIME')[1] * 1000 < numbers[7] + AFTER_THE_END then
  phase = 'damaged'
end
local length = readable and redis.call('HLEN', journal) or 0
local reply = {epoch, phase or 'damaged', numbers[3] or 0, numbers[4] or 0, numbers[5] or 0,
  length, numbers[9] or 0}
if length > 0 and length <= most then
  for _, text in ipairs(redis.call('HGETALL', journal)) do
    reply[#reply + 1] = text
  end
end
return reply
