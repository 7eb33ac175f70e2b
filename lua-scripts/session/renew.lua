-- Lengthens a session record that still exists and notes when. A record that has ended is not brought back: an
-- HSET alone would create one without an end. Never shortens; may be repeated.
-- KEYS[1]  the session record
-- ARGV[1]  its new end, epoch milliseconds
-- ARGV[2]… field, value, field, value, ... (values as ScalarJson writes them)
-- returns  1 when the record exists, else 0
local record = KEYS[1]
local endsAt = ARGV[1]
local ends = redis.call('PEXPIRETIME', record)
if ends < 0 then
  return 0
end
if tonumber(endsAt) >= ends then
  redis.call('PEXPIREAT', record, endsAt)
  redis.call('HSET', record, unpack(ARGV, 2))
end
return 1
