-- Takes all sessions but one out of their user's devices and marks them as "ending:<id>", see admit.lua.
-- KEYS[1]  the user's devices
-- ARGV[1]  id of the session that stays; '' for none
-- ARGV[2]  why the others end
-- returns  {id, ending, id, ending, ...}: the sessions of this user that have to be ended now
local devices = KEYS[1]
local kept, why = ARGV[1], ARGV[2]

local answer = {}
local entries = redis.call('HGETALL', devices)
for i = 1, #entries, 2 do
  local kind, id = string.match(entries[i], '^(%a+):(.+)$')
  local ending
  if kind == 'ending' then
    ending = entries[i + 1]
  elseif kind == 'session' and id ~= kept then
    ending = string.match(entries[i + 1], '^%u+ %d+ (%d+) ') .. ' ' .. why
    redis.call('HSET', devices, 'ending:' .. id, ending)
    redis.call('HDEL', devices, entries[i])
  end
  if ending then
    answer[#answer + 1] = id
    answer[#answer + 1] = ending
  end
end
return answer
