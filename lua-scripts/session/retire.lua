-- Takes one session out of its user's devices, only if it is still there (a newer session of the same client
-- type must not lose its place to the end of an older one), and marks it as "ending:<id>", see displace.lua.
-- KEYS[1]  the user's devices: hash, client type -> session id
-- ARGV[1]  id of the session
-- returns  1 when this user has such a session, also one whose end was begun before; else 0
local devices = KEYS[1]
local sessionId = ARGV[1]

if redis.call('HEXISTS', devices, 'ending:' .. sessionId) == 1 then
  return 1
end
local entries = redis.call('HGETALL', devices)
for i = 1, #entries, 2 do
  if entries[i + 1] == sessionId then
    redis.call('HDEL', devices, entries[i])
    redis.call('HSET', devices, 'ending:' .. sessionId, '1')
    return 1
  end
end
return 0
