-- Lengthens a session record that still exists and notes when. A record that has ended is not brought back: an
-- HSET alone would create one without an end. Never shortens; may be repeated.
-- KEYS[1]  the session record
-- ARGV[1]  its new end, epoch milliseconds
-- ARGV[2]… field, value, field, value, ... (values as ScalarJson writes them)
-- returns  1 when the record exists, else 0
local record = KEYS[1]
local endsAt = ARGV[1]
if redis.call('EXISTS', record) == 0 then
  return 0
end
if redis.call('PEXPIREAT', record, endsAt, 'GT') == 1 then
  redis.call('HSET', record, unpack(ARGV, 2))
end
return 1
