-- What there is to show of a few jobs; reads only. Data is cut here, for it can be megabytes long.
-- KEYS: job keys   ARGV: longest text
-- Returns per job { name ('' if the job is gone), added at (ms), attempts, data }
local replies = {}
for i = 1, #KEYS do
  local job = redis.call('HMGET', KEYS[i], 'name', 'timestamp', 'atm', 'attemptsMade', 'data')
  replies[i] = { job[1] or '', job[2] or '', job[3] or job[4] or '0',
    string.sub(job[5] or '', 1, tonumber(ARGV[1])) }
end
return replies
