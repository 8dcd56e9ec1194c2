-- What there is to show of a few jobs; reads only. Data is cut here, and left out where reading alone would
-- keep Redis busy.
-- KEYS: job keys   ARGV: longest text, largest text that is read (bytes)
-- Returns per job { name ('' if the job is gone), added at (ms), attempts, data, size of the data, error }
local call = redis.call
local replies = {}

local function read(key, field)
  local size = call('HSTRLEN', key, field)
  local text = size > 0 and size <= tonumber(ARGV[2]) and call('HGET', key, field) or ''
  return string.sub(text, 1, tonumber(ARGV[1])), size
end

for i = 1, #KEYS do
  local job = call('HMGET', KEYS[i], 'name', 'timestamp', 'atm', 'attemptsMade')
  local data, size = read(KEYS[i], 'data')
  local failure = read(KEYS[i], 'failedReason')
  replies[i] = { job[1] or '', job[2] or '', job[3] or job[4] or '0', data, size, failure }
end
return replies
