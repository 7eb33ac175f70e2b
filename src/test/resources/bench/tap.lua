-- wrk script: every request is a tap with a session and a key of its own.
-- Arguments: file of access tokens, one a line · sale id · "once" (each buyer taps once, then /ping fills the time;
-- count the orders, not the requests) or "cycle" (buyers tap again and again)
local tokens, sale, once = {}, nil, false
local taps = 0

function init(arguments)
  for line in io.lines(arguments[1]) do tokens[#tokens + 1] = line end
  sale, once = arguments[2], arguments[3] == "once"
end

function request()
  taps = taps + 1
  if once and taps > #tokens then return wrk.format("GET", "/ping") end
  return wrk.format("POST", "/api/sales/" .. sale .. "/orders", {
    ["Authorization"] = "Bearer " .. tokens[(taps - 1) % #tokens + 1],
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = "tap-" .. taps,
  }, '{"quantity":1}')
end

function done(summary, latency)
  io.write(string.format("p50 %.2f p99 %.2f\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
