-- Takes one session out of its user's devices and marks it as "ending:<id>", see admit.lua. Idempotent: of two
-- reasons the first stands.
-- KEYS[1]  the user's devices
-- ARGV[1]  id of the session
-- ARGV[2]  why it ends
-- returns  {id, ending} when this user has such a session, also one whose end was begun before; else {}
local devices = KEYS[1]
local sessionId, why = ARGV[1], ARGV[2]
local place, mark = 'session:' .. sessionId, 'ending:' .. sessionId

local session = redis.call('HGET', devices, place)
if session then
  redis.call('HSET', devices, mark, string.match(session, '^%u+ %d+ (%d+) ') .. ' ' .. why)
  redis.call('HDEL', devices, place)
end
local ending = redis.call('HGET', devices, mark)
return ending and { sessionId, ending } or {}
