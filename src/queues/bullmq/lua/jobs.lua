-- What there is to show of a few jobs; reads only. Data is cut here, and left out where reading alone would
-- keep Redis busy.
-- KEYS: job keys   ARGV: longest text, largest data that is read (bytes)
-- Returns per job { name ('' if the job is gone), added at (ms), attempts, data, size of the data }
local call = redis.call
local replies = {}
for i = 1, #KEYS do
  local job = call('HMGET', KEYS[i], 'name', 'timestamp', 'atm', 'attemptsMade')
  local size = call('HSTRLEN', KEYS[i], 'data')
  local data = size > 0 and size <= tonumber(ARGV[2]) and call('HGET', KEYS[i], 'data') or ''
  replies[i] = { job[1] or '', job[2] or '', job[3] or job[4] or '0',
    string.sub(data, 1, tonumber(ARGV[1])), size }
end
return replies
