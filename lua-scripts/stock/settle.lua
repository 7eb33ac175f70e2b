-- Marks holds as ordered: each leaves the journal and is remembered for replays.
--
-- KEYS[1]   journal hash
-- KEYS[2]   replays hash
-- KEYS[3]   sale hash          endsAt decides when replays may be forgotten; without it none is kept
-- ARGV[1]   how long after the end of the sale replays are kept, ms
-- ARGV[2..] three for each hold: operation, epoch:seq, bodyHash
--
-- Returns {how many left the journal}.
-- Idempotent: a hold that is gone stays gone; an entry of another epoch:seq (a later hold) is left alone.
local journal, replays, sale = KEYS[1], KEYS[2], KEYS[3]
local kept = ARGV[1]
local FIRST, WIDTH = 2, 3

local operations, remembered = {}, {}
for at = FIRST, #ARGV, WIDTH do
  operations[#operations + 1] = ARGV[at]
  remembered[#remembered + 1] = ARGV[at]
  remembered[#remembered + 1] = ARGV[at + 2]
end
local entries = redis.call('HMGET', journal, unpack(operations))
local gone = {}
for i, entry in ipairs(entries) do
  local hold = ARGV[FIRST + (i - 1) * WIDTH + 1]
  if entry and entry:match('^%d+:%d+') == hold then
    gone[#gone + 1] = operations[i]
  end
end
local endsAt = redis.call('HGET', sale, 'endsAt')
-- Where it is no number the sale is to be seeded anew, with its replays, once the journal is settled.
if endsAt and endsAt:find('^%d+$') and #endsAt <= 15 then
  redis.call('HSET', replays, unpack(remembered))
  redis.call('PEXPIREAT', replays, endsAt + kept)
end
if #gone > 0 then
  redis.call('HDEL', journal, unpack(gone))
end
return {#gone}
