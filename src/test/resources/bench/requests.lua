-- wrk script: sends requests that are written down already, so that making them costs the machine nothing while it is
-- measured, and counts the answers by status.
-- Arguments: file of requests, each its length in a line and then its bytes · how many of them to use · "once" (says
-- "spent" when there were more taps than requests) or "cycle"
local requests, count, once = {}, 0, false
-- wrk asks for one request at the start only to look at it.
local taps = -1
statuses, spent = {}, false

local thread
function setup(only) thread = only end

function init(arguments)
  local most = tonumber(arguments[2])
  once = arguments[3] == "once"
  local file = assert(io.open(arguments[1], "rb"))
  while count < most do
    local length = file:read("*l")
    if not length then break end
    count = count + 1
    requests[count] = file:read(tonumber(length))
  end
  file:close()
end

function request()
  taps = taps + 1
  if once and taps > count then spent = true end
  return requests[math.max(taps - 1, 0) % count + 1]
end

function response(status)
  local name = "s" .. status
  statuses[name] = (statuses[name] or 0) + 1
end

function done(summary, latency)
  for name, times in pairs(thread:get("statuses")) do
    io.write(string.format("status %s %d\n", name:sub(2), times))
  end
  local lost = summary.errors
  io.write(string.format("lost %d\n", lost.connect + lost.read + lost.write + lost.timeout))
  io.write(string.format("spent %s\n", tostring(thread:get("spent"))))
  io.write(string.format("seconds %.6f\n", summary.duration / 1e6))
  io.write(string.format("ms %.3f %.3f %.3f\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency:percentile(99.9) / 1000))
end
