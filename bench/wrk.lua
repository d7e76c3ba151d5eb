-- Sends the raw requests of a file (separated by NUL, see bench/measure.ts) in turn and prints what
-- came of them as one line of JSON. A single request stays static, which spares wrk a Lua call.
function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local requests = {}
  for request in file:read('*a'):gmatch('[^%z]+') do
    requests[#requests + 1] = request
  end
  file:close()
  wrk.format = function() return requests[1] end
  if #requests == 1 then return end
  local at = 0
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
