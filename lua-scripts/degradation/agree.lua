-- Takes the level that nodes agreed on, if it is newer than the one that stands, or as new and graver.
--
-- KEYS[1] hash   agreed: seq, rank of the level (0 none to 3), ms of its beginning, seq of the last order to read anew, and
--                the reason, with bars between. What reads otherwise, nobody agreed on: it stands for nothing
-- KEYS[2] list   the last states taken, oldest first
-- ARGV[1] seq; 0: only looks   [2] rank   [3] the whole state, as it is kept   [4] most states in the list
-- ARGV[5] a state that the caller refuses, up to its reason: it goes, should it stand; empty: none
--
-- Returns {state that stands then or '', state, ...}: the list after the first.
-- May be repeated: a state that stands already is not taken again. A key of another type is removed: it would stay for ever.
local state, changes = KEYS[1], KEYS[2]
local seq, rank, whole, most = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local refused = ARGV[5]

local function only(kind, key)
  local is = redis.call('TYPE', key).ok
  if is ~= kind and is ~= 'none' then
    redis.call('DEL', key)
  end
end

-- Nil for what no node would write, leading zeros too. Beyond 2^53 numbers are inexact here.
local function number(digits)
  local value = tonumber(digits)
  return value and value <= 2 ^ 53 and string.format('%.0f', value) == digits and value
end

-- seq, rank and what comes before the reason; nothing for what is no state.
local function read(text)
  local head, s, r, since, sync = string.match(text, '^((%d+)|([0-3])|(%d+)|(%d+)|)')
  s, since, sync = number(s), number(since), number(sync)
  if s and since and sync and sync <= s and not string.find(text, '%z') then
    return s, tonumber(r), head
  end
end

only('hash', state)
only('list', changes)

local standing = redis.call('HGET', state, 'agreed') or ''
local seqThen, rankThen, headThen = read(standing)
if refused ~= '' and headThen == refused then
  redis.call('HDEL', state, 'agreed')
  seqThen = nil
end
if not seqThen then
  standing, seqThen, rankThen = '', 0, 0
end
if seq > seqThen or (seq > 0 and seq == seqThen and rank > rankThen) then
  redis.call('HSET', state, 'agreed', whole)
  redis.call('RPUSH', changes, whole)
  redis.call('LTRIM', changes, -most, -1)
  standing = whole
end
local reply = {standing}
for _, taken in ipairs(redis.call('LRANGE', changes, 0, -1)) do
  reply[#reply + 1] = taken
end
return reply
