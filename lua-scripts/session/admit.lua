-- Gives a new session its place among those of its user, or refuses it. Deciding and taking the place are one step,
-- so that of any number of simultaneous logins no more than the limit survive. Idempotent by session id.
-- A session that loses its place stays as "ending:<id>" until its record is known to be gone: when the node that
-- ends it dies in between, the next call for this user hands it out again.
-- KEYS[1]  the user's devices: hash of
--            session:<id>  "<client type> <number of the login> <end, epoch milliseconds> <device id>"
--            ending:<id>   "<end of its tokens, epoch milliseconds> <why it ends>"
--          Logins are numbered because a clock cannot tell two of one millisecond apart.
-- ARGV[1]  id of the new session
-- ARGV[2]  its client type
-- ARGV[3]  its device id
-- ARGV[4]  its end, epoch milliseconds
-- ARGV[5]  sessions of this client type at once, 1 or more
-- ARGV[6]  when there are as many already: "END_OLDEST" ends one, of the same device if there is one; "REFUSE" refuses,
--          but a session of the same device gives way in any case: nobody is kept out by his own forgotten login
-- ARGV[7]  why a session that gives way ends
-- returns  {1, id, ending, id, ending, ...}: admitted, and what has to be ended now; {0}: refused
local devices = KEYS[1]
local sessionId, clientType, deviceId, endsAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local limit, whenFull, why = tonumber(ARGV[5]), ARGV[6], ARGV[7]

local function oldest(sessions)
  local found
  for id, session in pairs(sessions) do
    if not found or session.number < sessions[found].number then
      found = id
    end
  end
  return found
end

if redis.call('HEXISTS', devices, 'session:' .. sessionId) == 0 then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local all, ofDevice, count, own, newest = {}, {}, 0, 0, 0
  local entries = redis.call('HGETALL', devices)
  for i = 1, #entries, 2 do
    local id = string.match(entries[i], '^session:(.+)$')
    if id then
      local type, number, ends, device = string.match(entries[i + 1], '^(%u+) (%d+) (%d+) (.*)$')
      newest = math.max(newest, tonumber(number))
      if tonumber(ends) <= now then
        redis.call('HDEL', devices, entries[i])
      elseif type == clientType then
        all[id] = { number = tonumber(number), ends = ends }
        count = count + 1
        if device == deviceId then
          ofDevice[id] = all[id]
          own = own + 1
        end
      end
    end
  end
  if whenFull == 'REFUSE' and count - own >= limit then
    return { 0 }
  end
  local leaving = whenFull == 'REFUSE' and own or math.max(0, count - limit + 1)
  for _ = 1, leaving do
    local id = oldest(ofDevice) or oldest(all)
    redis.call('HSET', devices, 'ending:' .. id, all[id].ends .. ' ' .. why)
    redis.call('HDEL', devices, 'session:' .. id)
    all[id], ofDevice[id] = nil, nil
  end
  local place = table.concat({ clientType, string.format('%d', newest + 1), endsAt, deviceId }, ' ')
  redis.call('HSET', devices, 'session:' .. sessionId, place)
  -- Never shorter than the longest session in it; GT counts "no TTL" as the longest, hence the first branch.
  if redis.call('PTTL', devices) < 0 then
    redis.call('PEXPIREAT', devices, endsAt)
  else
    redis.call('PEXPIREAT', devices, endsAt, 'GT')
  end
end

local answer = { 1 }
local entries = redis.call('HGETALL', devices)
for i = 1, #entries, 2 do
  local id = string.match(entries[i], '^ending:(.+)$')
  if id then
    answer[#answer + 1] = id
    answer[#answer + 1] = entries[i + 1]
  end
end
return answer
