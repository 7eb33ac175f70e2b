-- Deletes a session record and tells every node, in one step: no node can hear of the end and still read the
-- record, and no record is gone without the message.
-- KEYS[1]  the session record
-- ARGV[1]  channel of changed sessions
-- ARGV[2]  id of the session
-- returns  1 when there was a record, else 0
local record = KEYS[1]
local channel, sessionId = ARGV[1], ARGV[2]
local deleted = redis.call('DEL', record)
redis.call('PUBLISH', channel, sessionId)
return deleted
