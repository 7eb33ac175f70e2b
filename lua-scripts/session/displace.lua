-- Makes a new session the only one of its client type. The swap is one step, so that of any number of
-- simultaneous logins all but one are told to somebody as displaced.
-- A displaced id stays in the hash as a field "ending:<id>" until its record is known to be gone: when the
-- node that displaced it dies in between, the next call for this user hands it out again.
-- KEYS[1]  the user's devices: hash, client type -> session id
-- ARGV[1]  client type of the new session
-- ARGV[2]  id of the new session
-- ARGV[3]  end of the new session, epoch milliseconds
-- returns  the ids of the sessions of this user that have to be ended now
local devices = KEYS[1]
local clientType, sessionId, endsAt = ARGV[1], ARGV[2], ARGV[3]

local displaced = redis.call('HGET', devices, clientType)
if displaced and displaced ~= sessionId then
  redis.call('HSET', devices, 'ending:' .. displaced, '1')
end
redis.call('HSET', devices, clientType, sessionId)

-- Never shorter than the longest session in it; GT counts "no TTL" as the longest, hence the first branch.
if redis.call('PTTL', devices) < 0 then
  redis.call('PEXPIREAT', devices, endsAt)
else
  redis.call('PEXPIREAT', devices, endsAt, 'GT')
end

local ending = {}
for _, field in ipairs(redis.call('HKEYS', devices)) do
  if string.sub(field, 1, 7) == 'ending:' then
    ending[#ending + 1] = string.sub(field, 8)
  end
end
return ending
