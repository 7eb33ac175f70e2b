-- Holds units for a batch of purchases of one sale, in one atomic step: replay, rate, window, limit, deduct, journal.
--
-- KEYS[1]   sale hash          epoch, phase, paused, startsAt, endsAt, limit, stock, version, seq, b:<user>
-- KEYS[2]   journal hash       operation -> epoch:seq:user:quantity:heldAt:bodyHash:keyHash, holds without an order yet
-- KEYS[3]   replays hash       operation -> bodyHash, holds that became orders; epoch, so that it is seen when it is lost
-- KEYS[4]   rates hash of even spans of time:  span -> its number, user -> when all he took has come back (ms)
-- KEYS[5]   rates hash of odd spans
-- KEYS[6..] fingerprint record of each attempt without a client key, in their order
-- ARGV[1]   epoch the caller believes in
-- ARGV[2]   life of a fingerprint record, ms
-- ARGV[3]   ms in which a user's next attempt comes back; 0: attempts are not counted
-- ARGV[4]   attempts at once after a pause
-- ARGV[5..] eight for each attempt: operation, user, quantity, bodyHash, keyHash, notAfter (ms of this server's
--           clock; a call that arrives later changes nothing), keyless (1 or 0), counted (0: asked again by us)
--
-- Returns {now ms, stock, version, code, value, code, value, ...}, a pair for each attempt:
--   HELD seq · REPLAY_HELD operation=journal entry · REPLAY_SETTLED operation · KEY_REUSED 0 · SOLD_OUT 0
--   INSUFFICIENT stock · LIMIT units · NOT_STARTED 0 · ENDED 0 · PAUSED 0 · CLOSED 0 · EXPIRED 0 · RATE_LIMITED ms
--
-- Idempotent by operation: a repeated call finds its hold or its replay and answers with it, whatever the rate.
--
-- Rates (GCRA) are written to the hash of this span of time and read from it and from the one before: a span is as long
-- as a full burst takes to come back, so what is older says nothing any more and its hash is thrown away. Losers cost
-- memory for two spans, some seconds.
--
-- A rates key or a fingerprint record of another type is thrown away: it says nothing worth keeping. A sale, a journal or
-- replays of another type fail the call before it has changed anything; position.lua says 'damaged' then, and also of a
-- number that is none, which closes the sale here: what is written of it could not be read again. So do replays that are lost, until some time after
-- the end: a winner who tries again would be told that he has all he may have, and not of his order.
local HELD, REPLAY_HELD, REPLAY_SETTLED, KEY_REUSED, SOLD_OUT, INSUFFICIENT = 1, 2, 3, 4, 5, 6
local LIMIT, NOT_STARTED, ENDED, PAUSED, CLOSED, EXPIRED, RATE_LIMITED = 7, 8, 9, 10, 11, 12, 13
local FIRST, WIDTH = 5, 8
-- Batches and the network delay one attempt more than the next: who keeps to the rate must not seem to break it.
local SLACK = 100
-- So far below 2^53 that what a batch adds is exact.
local LARGEST = 9007199254740000
-- Buyers are let through to here for so long after the end (SaleBoard.java), and replays are kept for much longer.
local AFTER_THE_END = 60000

local sale, journal, replays = KEYS[1], KEYS[2], KEYS[3]
local epoch, fingerprintLife = ARGV[1], ARGV[2]
local interval, burst = tonumber(ARGV[3]), tonumber(ARGV[4])
local attempts = (#ARGV - FIRST + 1) / WIDTH

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local fields = {'epoch', 'phase', 'paused', 'startsAt', 'endsAt', 'limit', 'stock', 'version', 'seq'}
local operations = {}
for i = 1, attempts do
  local at = FIRST + (i - 1) * WIDTH
  operations[i] = ARGV[at]
  fields[9 + i] = 'b:' .. ARGV[at + 1]
end
local state = redis.call('HMGET', sale, unpack(fields))

-- A whole number as the scripts write it, which HINCRBY takes; nil for any other text.
local function whole(text, shape)
  local value = text and (text == '0' or text:find(shape or '^[1-9]%d*$')) and tonumber(text)
  return value and value <= LARGEST and value >= -LARGEST and value or nil
end

local startsAt, endsAt, limit = whole(state[4]), whole(state[5]), whole(state[6])
-- Only an audit finds what made a stock fall below 0.
local stock, version, seq = whole(state[7], '^%-?[1-9]%d*$'), whole(state[8]), whole(state[9])
local reply = {now, stock or 0, version or 0}

-- Missing data means closed.
local function closed()
  for _ = 1, attempts do
    reply[#reply + 1] = CLOSED
    reply[#reply + 1] = 0
  end
  return reply
end

local complete = startsAt and endsAt and limit and stock and version and seq
if state[1] ~= epoch or state[2] ~= 'open' or not complete then
  return closed()
end

local paused = state[3] == '1'
local heldBefore = redis.call('HMGET', journal, unpack(operations))
operations[attempts + 1] = 'epoch'
local settledBefore = redis.call('HMGET', replays, unpack(operations))
if settledBefore[attempts + 1] ~= epoch and now < endsAt + AFTER_THE_END then
  return closed()
end

-- What a short-lived key says; nothing, when somebody wrote another type there. Costs nothing as long as nobody does.
local function passing(key, command, ...)
  local said = redis.pcall(command, key, ...)
  if type(said) == 'table' and said.err then
    redis.call('UNLINK', key)
    return nil
  end
  return said
end

local bought, newHolds, heldNow = {}, {}, {}
local nextFingerprint = 6

local span, ratesNow, ratesBefore
local takenNow, takenBefore, taken = {}, {}, {}
if interval > 0 then
  span = math.floor(now / (interval * burst))
  ratesNow, ratesBefore = KEYS[4 + span % 2], KEYS[5 - span % 2]
  fields[9] = 'span'
  takenNow = passing(ratesNow, 'HMGET', unpack(fields, 9)) or {}
  takenBefore = passing(ratesBefore, 'HMGET', unpack(fields, 9)) or {}
  if takenNow[1] ~= tostring(span) then
    redis.call('UNLINK', ratesNow)
    takenNow = {}
  end
  if takenBefore[1] ~= tostring(span - 1) then
    takenBefore = {}
  end
end

-- Takes one of the user's attempts: 0, or the ms until there will be one.
local function take(i, field)
  local comeBackAt = taken[field] or tonumber(takenNow[i + 1] or takenBefore[i + 1] or 0) or 0
  local later = math.max(comeBackAt, now) + interval
  local tooSoonBy = later - now - burst * interval
  if tooSoonBy > SLACK then
    return tooSoonBy
  end
  taken[field] = later
  return 0
end

local function sameBody(entry, bodyHash)
  return entry:match('^%d+:%d+:%d+:%d+:%d+:(%x+):') == bodyHash
end

for i = 1, attempts do
  local at = FIRST + (i - 1) * WIDTH
  local operation, user, quantity = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local bodyHash, keyHash, notAfter = ARGV[at + 3], ARGV[at + 4], tonumber(ARGV[at + 5])
  local held, settled = heldNow[operation] or heldBefore[i], settledBefore[i]
  local fingerprint = nil
  if ARGV[at + 6] == '1' then
    fingerprint = KEYS[nextFingerprint]
    nextFingerprint = nextFingerprint + 1
    local earlier = passing(fingerprint, 'GET')
    if earlier and not held and not settled then
      held = heldNow[earlier] or redis.call('HGET', journal, earlier)
      settled = redis.call('HGET', replays, earlier)
      if held or settled then
        operation = earlier
      end
    end
  end
  local units = bought[user] or tonumber(state[9 + i]) or 0
  local code, value = nil, 0
  local wait = 0
  if interval > 0 and ARGV[at + 7] == '1' and not held and not settled and now <= notAfter then
    wait = take(i, fields[9 + i])
  end

  if held then
    if sameBody(held, bodyHash) then
      code, value = REPLAY_HELD, operation .. '=' .. held
    else
      code = KEY_REUSED
    end
  elseif settled then
    if settled == bodyHash then
      code, value = REPLAY_SETTLED, operation
    else
      code = KEY_REUSED
    end
  elseif now > notAfter then
    code = EXPIRED
  elseif wait > 0 then
    code, value = RATE_LIMITED, wait
  elseif now < startsAt then
    code = NOT_STARTED
  elseif now >= endsAt then
    code = ENDED
  elseif paused then
    code = PAUSED
  elseif stock <= 0 then
    code = SOLD_OUT
  elseif units + quantity > limit then
    code, value = LIMIT, units
  elseif quantity > stock then
    code, value = INSUFFICIENT, stock
  else
    seq = seq + 1
    stock = stock - quantity
    bought[user] = units + quantity
    -- As text, a number beyond 14 digits is 1e+15.
    local entry = epoch .. ':' .. string.format('%.0f', seq) .. ':' .. user .. ':' .. quantity .. ':' .. now .. ':' .. bodyHash .. ':' .. keyHash
    heldNow[operation] = entry
    newHolds[#newHolds + 1] = operation
    newHolds[#newHolds + 1] = entry
    if fingerprint then
      -- Counted from the first tap: an earlier record keeps its remaining life.
      if not redis.call('SET', fingerprint, operation, 'NX', 'PX', fingerprintLife) then
        redis.call('SET', fingerprint, operation, 'KEEPTTL')
      end
    end
    code, value = HELD, seq
  end
  reply[#reply + 1] = code
  reply[#reply + 1] = value
end

if #newHolds > 0 then
  local changed = {'stock', stock, 'seq', seq}
  for user, units in pairs(bought) do
    changed[#changed + 1] = 'b:' .. user
    changed[#changed + 1] = units
  end
  redis.call('HSET', sale, unpack(changed))
  redis.call('HSET', journal, unpack(newHolds))
end
if next(taken) then
  local changed = {'span', span}
  for field, comeBackAt in pairs(taken) do
    changed[#changed + 1] = field
    changed[#changed + 1] = comeBackAt
  end
  redis.call('HSET', ratesNow, unpack(changed))
  if not takenNow[1] then
    -- For when the sale is quiet: nobody else throws it away.
    redis.call('PEXPIRE', ratesNow, 4 * interval * burst)
  end
end
reply[2] = stock
return reply
