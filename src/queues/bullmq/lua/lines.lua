-- What a list shows of a few jobs; reads only. Errors are cut here, for one can be megabytes long.
-- KEYS: job keys   ARGV: longest error, in bytes
-- Returns per job { name ('' if it is gone), timestamp, finished at (ms), attempts, priority, error }
local replies = {}
for i = 1, #KEYS do
  local job = redis.call('HMGET', KEYS[i], 'name', 'timestamp', 'finishedOn', 'atm', 'attemptsMade', 'priority',
    'failedReason')
  replies[i] = { job[1] or '', job[2] or '', job[3] or '', job[4] or job[5] or '0', job[6] or '0',
    string.sub(job[7] or '', 1, tonumber(ARGV[1])) }
end
return replies
