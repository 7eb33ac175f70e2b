-- Takes the level that nodes agreed on, if it is newer than the one that stands, or as new and graver.
--
-- KEYS[1] hash   agreed: seq, rank of the level (0 none to 3), and what belongs to it, with bars between
-- KEYS[2] list   the last states taken, oldest first
-- ARGV[1] seq; 0: only looks   [2] rank   [3] the whole state, as it is kept   [4] most states in the list
--
-- Returns {state that stands then or '', state, ...}: the list after the first.
-- May be repeated: a state that stands already is not taken again.
local state, changes = KEYS[1], KEYS[2]
local seq, rank, whole, most = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])

local standing = redis.call('HGET', state, 'agreed') or ''
local seqThen, rankThen = string.match(standing, '^(%d+)|(%d)|')
seqThen, rankThen = tonumber(seqThen) or 0, tonumber(rankThen) or 0
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
