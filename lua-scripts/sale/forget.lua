-- Deletes everything Redis keeps of a sale that is over: no hold of it is left that could become an order.
--
-- KEYS[1]   sale hash
-- KEYS[2..] every other key of the sale
-- ARGV[1]   epoch that PostgreSQL has ended the sale's last one for: what stands here is of an earlier one, or it stays;
--           an epoch so much later that no seeding can have written it (see preheat.lua) does not count as one
--
-- Returns {1, keys that were there}; {0, epoch} when this epoch or a later one stands here, or the sale is not over by this
-- server's clock: nothing was deleted. Idempotent. UNLINK: however many buyers there were, it takes microseconds here.
local sale = KEYS[1]
local ended = tonumber(ARGV[1])
local FORGOTTEN = 10000

if redis.call('TYPE', sale).ok == 'hash' then
  local state = redis.call('HMGET', sale, 'epoch', 'endsAt')
  local epoch, endsAt = tonumber(state[1]), tonumber(state[2])
  local later = epoch and epoch >= ended and epoch - ended <= FORGOTTEN
  -- Without one of the two it sells nothing.
  if epoch and (later or endsAt and endsAt > redis.call('TIME')[1] * 1000) then
    return {0, epoch}
  end
end
return {1, redis.call('UNLINK', unpack(KEYS))}
