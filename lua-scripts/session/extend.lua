-- Lengthens a session's place among its user's devices, see admit.lua. Comes before renew.lua: who has lost the
-- place is not renewed. Never shortens; may be repeated.
-- KEYS[1]  the user's devices
-- ARGV[1]  id of the session
-- ARGV[2]  its new end, epoch milliseconds
-- returns  1 when the session still has its place, else 0
local devices = KEYS[1]
local sessionId, endsAt = ARGV[1], ARGV[2]
local place = 'session:' .. sessionId

local session = redis.call('HGET', devices, place)
if not session then
  return 0
end
local type, number, ends, device = string.match(session, '^(%u+) (%d+) (%d+) (.*)$')
if tonumber(endsAt) > tonumber(ends) then
  redis.call('HSET', devices, place, table.concat({ type, number, endsAt, device }, ' '))
  redis.call('PEXPIREAT', devices, endsAt, 'GT')
end
return 1
