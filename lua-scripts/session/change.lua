-- Sets one field of a session record that still exists and tells every node. A record that has ended is not
-- brought back: an HSET alone would create one without an end.
-- KEYS[1]  the session record
-- ARGV[1]  field
-- ARGV[2]  value, as ScalarJson writes it
-- ARGV[3]  channel of changed sessions
-- ARGV[4]  id of the session
-- returns  1 when the record exists, else 0
local record = KEYS[1]
local field, value, channel, sessionId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('EXISTS', record) == 0 then
  return 0
end
redis.call('HSET', record, field, value)
redis.call('PUBLISH', channel, sessionId)
return 1
