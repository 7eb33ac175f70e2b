-- A node reports how it is, and hears how the others are.
--
-- KEYS[1] hash   node -> ms of this server's clock since 1970, a bar, the node's report; empty: it has left
-- KEYS[2] hash   agreed: the level agreed on; asOf, versions: the newest versions of sales anybody has read
-- ARGV[1] node; empty: only looks   [2] its report; empty: the node leaves   [3] silence after which a node is forgotten, ms
-- ARGV[4] ms of PostgreSQL's clock at which the versions were read; 0: they were not   [5] versions
--
-- Returns {agreed or '', node, age of its report in ms, report, node, ...}, this node's own included.
-- May be repeated. A key of another type is removed: it would stay for ever.
local nodes, state = KEYS[1], KEYS[2]
local node, report, silence, asOf, versions = unpack(ARGV)
silence = tonumber(silence)
-- A reading comes seconds late at most. One that is older by more was made by a clock that was set back, or is another server's.
local LATE = 60000

for _, key in ipairs(KEYS) do
  local is = redis.call('TYPE', key).ok
  if is ~= 'hash' and is ~= 'none' then
    redis.call('DEL', key)
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if node ~= '' then
  redis.call('HSET', nodes, node, string.format('%.0f', now) .. '|' .. report)
end
-- What no node would write counts for nothing: next to nan, nothing is newer or older.
local before = string.match(redis.call('HGET', state, 'asOf') or '', '^%d+$')
local newer = tonumber(asOf) - (tonumber(before) or 0)
if tonumber(asOf) > 0 and (newer > 0 or newer < -LATE) then
  redis.call('HSET', state, 'asOf', asOf, 'versions', versions)
end

local reply = {redis.call('HGET', state, 'agreed') or ''}
local all = redis.call('HGETALL', nodes)
for i = 1, #all, 2 do
  local at, said = string.match(all[i + 1], '^(%d+)|(.*)$')
  local age = at and now - tonumber(at)
  -- From the future: this Redis took over from one whose clock was ahead.
  if not age or math.abs(age) > silence then
    redis.call('HDEL', nodes, all[i])
  else
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = math.max(0, age)
    reply[#reply + 1] = said
  end
end
return reply
