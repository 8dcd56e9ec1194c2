-- Whoever goes through many jobs stops when time is up and is called again for the rest: no call may keep
-- others waiting. One job is always dealt with.
local TIME_FOR_JOBS_US = 4000
local startedAt = redis.call('TIME')
local function elapsedUs()
  local now = redis.call('TIME')
  return (now[1] - startedAt[1]) * 1000000 + now[2] - startedAt[2]
end
