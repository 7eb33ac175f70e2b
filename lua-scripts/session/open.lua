-- Writes one session record in Spring Session's own hash format together with its end: a record
-- without a TTL would never leave Redis, so HSET and PEXPIREAT must not be two calls.
-- KEYS[1]  the session record
-- ARGV[1]  end of the session, epoch milliseconds
-- ARGV[2]… field, value, field, value, ... (values as ScalarJson writes them)
-- returns  1
local record = KEYS[1]
local endsAt = ARGV[1]
redis.call('HSET', record, unpack(ARGV, 2))
redis.call('PEXPIREAT', record, endsAt)
return 1
