-- Adds order events to the stream other systems read, in their order, and forgets what is old enough.
--
-- KEYS[1]   stream   KEYS[2] number of the last batch taken
-- ARGV[1]   number of this batch; one that is smaller than the last is of a relay that stalled and was replaced
-- ARGV[2]   age at which events are forgotten, ms
-- ARGV[3]   age at which they may be, when the stream is full, ms   [4] most events in the stream
-- ARGV[5..] eleven for each event: eventId, orderId, saleId, state, prevState, stateVersion, occurredAt, quantity,
--           amountCents, currency, userId
--
-- Returns {1, length, outcome, ...} with 1 for each event that was added, 0 for one that waits behind a refused one of
-- its order, or Redis's words for refusing it; {2, length}: full, nothing was added; {3, last batch}: replaced, nothing
-- was added.
-- Not idempotent: a repeated call adds the events again, which consumers expect.
local TAKEN, FULL, REPLACED = 1, 2, 3
local FIRST, WIDTH = 5, 11
-- Entries looked at for forgetting in one call; more than a call adds, so that forgetting keeps up.
local FORGET = 1000

local stream, fence = KEYS[1], KEYS[2]
local batch, forgotten, kept, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local events = (#ARGV - FIRST + 1) / WIDTH

local last = tonumber(redis.call('GET', fence)) or 0
if last > batch then
  return {REPLACED, last}
end
if last < batch then
  redis.call('SET', fence, batch)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local length = redis.call('XLEN', stream)
-- With "~" only whole pages of the stream go, so never an event that is younger.
local age = length + events > most and kept or forgotten
if length > 0 and redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', now - age), 'LIMIT', FORGET) > 0 then
  length = redis.call('XLEN', stream)
end
if length + events > most then
  return {FULL, length}
end

local reply, refused = {TAKEN, length}, {}
for at = FIRST, #ARGV, WIDTH do
  local order = ARGV[at + 1]
  if refused[order] then
    reply[#reply + 1] = 0
  else
    local added = redis.pcall('XADD', stream, '*', 'eventId', ARGV[at], 'orderId', order, 'saleId', ARGV[at + 2],
      'state', ARGV[at + 3], 'prevState', ARGV[at + 4], 'stateVersion', ARGV[at + 5], 'occurredAt', ARGV[at + 6],
      'quantity', ARGV[at + 7], 'amountCents', ARGV[at + 8], 'currency', ARGV[at + 9], 'userId', ARGV[at + 10])
    if type(added) == 'table' and added.err then
      refused[order] = true
      reply[#reply + 1] = added.err
    else
      length = length + 1
      reply[#reply + 1] = 1
    end
  end
end
reply[2] = length
return reply
