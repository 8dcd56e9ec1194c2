-- What jobs are and what they failed with; reads only. Errors are cut here, for one can be megabytes long. Behind
-- clock.lua.
-- KEYS: base   ARGV: longest error, in bytes, then ids
-- Returns per job, as far as time went { name ('' if it is gone), timestamp, finished at (ms), error }
local replies = {}
for i = 2, #ARGV do
  if i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  local job = redis.call('HMGET', KEYS[1] .. ARGV[i], 'name', 'timestamp', 'finishedOn', 'failedReason')
  replies[#replies + 1] = { job[1] or '', job[2] or '', job[3] or '',
    string.sub(job[4] or '', 1, tonumber(ARGV[1])) }
end
return replies
