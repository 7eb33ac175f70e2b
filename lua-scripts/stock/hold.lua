-- Holds units for a batch of purchases of one sale, in one atomic step: window, replay, limit, deduct, journal.
--
-- KEYS[1]   sale hash          epoch, phase, paused, startsAt, endsAt, limit, stock, version, seq, b:<user>
-- KEYS[2]   journal hash       operation -> epoch:seq:user:quantity:heldAt:bodyHash:keyHash, holds without an order yet
-- KEYS[3]   replays hash       operation -> bodyHash, holds that became orders
-- KEYS[4..] fingerprint record of each attempt without a client key, in their order
-- ARGV[1]   epoch the caller believes in
-- ARGV[2]   life of a fingerprint record, ms
-- ARGV[3..] seven for each attempt: operation, user, quantity, bodyHash, keyHash, notAfter (ms of this server's
--           clock; a call that arrives later changes nothing), keyless (1 or 0)
--
-- Returns {now ms, stock, version, code, value, code, value, ...}, a pair for each attempt:
--   HELD seq · REPLAY_HELD operation=journal entry · REPLAY_SETTLED operation · KEY_REUSED 0 · SOLD_OUT 0
--   INSUFFICIENT stock · LIMIT units · NOT_STARTED 0 · ENDED 0 · PAUSED 0 · CLOSED 0 · EXPIRED 0
--
-- Idempotent by operation: a repeated call finds its hold or its replay and answers with it.
local HELD, REPLAY_HELD, REPLAY_SETTLED, KEY_REUSED, SOLD_OUT, INSUFFICIENT = 1, 2, 3, 4, 5, 6
local LIMIT, NOT_STARTED, ENDED, PAUSED, CLOSED, EXPIRED = 7, 8, 9, 10, 11, 12
local FIRST, WIDTH = 3, 7

local sale, journal, replays = KEYS[1], KEYS[2], KEYS[3]
local epoch, fingerprintLife = ARGV[1], ARGV[2]
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
local reply = {now, tonumber(state[7]) or 0, tonumber(state[8]) or 0}

-- Missing data means closed.
local complete = true
for field = 4, 9 do
  complete = complete and tonumber(state[field]) ~= nil
end
if state[1] ~= epoch or state[2] ~= 'open' or not complete then
  for _ = 1, attempts do
    reply[#reply + 1] = CLOSED
    reply[#reply + 1] = 0
  end
  return reply
end

local paused, startsAt, endsAt = state[3] == '1', tonumber(state[4]), tonumber(state[5])
local limit, stock, seq = tonumber(state[6]), tonumber(state[7]), tonumber(state[9])
local heldBefore = redis.call('HMGET', journal, unpack(operations))
local settledBefore = redis.call('HMGET', replays, unpack(operations))

local bought, newHolds, heldNow = {}, {}, {}
local nextFingerprint = 4

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
    local earlier = redis.call('GET', fingerprint)
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
    local entry = epoch .. ':' .. seq .. ':' .. user .. ':' .. quantity .. ':' .. now .. ':' .. bodyHash .. ':' .. keyHash
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
reply[2] = stock
return reply
