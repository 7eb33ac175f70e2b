-- Applies ledger entries to a sale: units that came back, were added, or are taken off. Each entry once, in order.
--
-- KEYS[1]   sale hash
-- ARGV[1]   epoch the entries belong to; ignored when Redis holds another one (a reseed contains them already)
-- ARGV[2]   channel for changes  [3] sale id, for the message
-- ARGV[4..] three for each entry, in ascending order of id and without a gap: id, quantity (may be negative), user
--           whose count falls by the quantity, never below 0 (0: nobody's)
--
-- An entry that would leave less than nothing in stock waits, and those after it wait behind it, until together with
-- them something is left: what comes back fills the gap first, and only then sells again.
--
-- Returns {1, stock, version, last entry applied}; {0, 0, 0, 0} when Redis holds another epoch, or no whole number where
-- the stock, the version or the last entry should be: nothing changed.
-- Idempotent by entry: the sale remembers the last one it has.
local sale = KEYS[1]
local epoch, channel, saleId = ARGV[1], ARGV[2], ARGV[3]
local FIRST, WIDTH = 4, 3
local LARGEST = 9007199254740000

local state = redis.call('HMGET', sale, 'epoch', 'ledger', 'stock', 'version')

-- As hold.lua reads it.
local function whole(text, shape)
  local value = text and (text == '0' or text:find(shape or '^[1-9]%d*$')) and tonumber(text)
  return value and value <= LARGEST and value >= -LARGEST and value or nil
end

local last, stock, version = whole(state[2]), whole(state[3], '^%-?[1-9]%d*$'), whole(state[4])
if state[1] ~= epoch or not last or not stock or not version then
  return {0, 0, 0, 0}
end

-- How far to go: the last entry after which the stock is not below 0.
local running, left, through = stock, stock, last
for at = FIRST, #ARGV, WIDTH do
  local entry = tonumber(ARGV[at])
  if entry > last then
    running = running + tonumber(ARGV[at + 1])
    if running >= 0 then
      left, through = running, entry
    end
  end
end
if through == last then
  return {1, stock, version, last}
end

for at = FIRST, #ARGV, WIDTH do
  local entry, user = tonumber(ARGV[at]), ARGV[at + 2]
  if entry > last and entry <= through and user ~= '0' then
    local units = (tonumber(redis.call('HGET', sale, 'b:' .. user)) or 0) - tonumber(ARGV[at + 1])
    redis.call('HSET', sale, 'b:' .. user, math.max(units, 0))
  end
end
redis.call('HSET', sale, 'stock', left, 'ledger', through)
version = redis.call('HINCRBY', sale, 'version', 1)
redis.call('PUBLISH', channel, saleId .. ':' .. string.format('%.0f', version))
return {1, left, version, through}
