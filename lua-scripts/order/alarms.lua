-- Sets alarms, and takes those that are due: each is taken by one caller.
--
-- KEYS[1]   sorted set   second -> second (of this server's clock, since 1970)
-- ARGV[1]   most alarms to take
-- ARGV[2..] seconds to set
--
-- Returns the seconds taken, oldest first.
-- Setting may be repeated. What is taken is gone: an alarm only says when to look, what is due stands in PostgreSQL.
local alarms = KEYS[1]

for at = 2, #ARGV do
  redis.call('ZADD', alarms, ARGV[at], ARGV[at])
end
local due = redis.call('ZRANGE', alarms, '-inf', redis.call('TIME')[1], 'BYSCORE', 'LIMIT', 0, ARGV[1])
if #due > 0 then
  redis.call('ZREM', alarms, unpack(due))
end
return due
