-- Takes all sessions but one out of their user's devices and marks them as "ending:<id>", see displace.lua.
-- KEYS[1]  the user's devices: hash, client type -> session id
-- ARGV[1]  id of the session that stays
-- returns  the ids of the sessions of this user that have to be ended now
local devices = KEYS[1]
local kept = ARGV[1]

local ending = {}
local entries = redis.call('HGETALL', devices)
for i = 1, #entries, 2 do
  local field, sessionId = entries[i], entries[i + 1]
  if string.sub(field, 1, 7) == 'ending:' then
    ending[#ending + 1] = string.sub(field, 8)
  elseif sessionId ~= kept then
    redis.call('HDEL', devices, field)
    redis.call('HSET', devices, 'ending:' .. sessionId, '1')
    ending[#ending + 1] = sessionId
  end
end
return ending
