-- The newest failed jobs, by rank; reads only. Texts are cut here, for a reason can be megabytes long.
-- KEYS: base, failed set
-- ARGV: first rank, last rank, longest text
-- Returns per job { id, type, attempts, failed at (ms), reason }
local call = redis.call
local longest = tonumber(ARGV[3])
local replies = {}
local found = call('ZREVRANGE', KEYS[2], ARGV[1], ARGV[2], 'WITHSCORES')
for i = 1, #found, 2 do
  local job = call('HMGET', KEYS[1] .. found[i], 'name', 'atm', 'attemptsMade', 'failedReason')
  if job[1] then
    replies[#replies + 1] = { found[i], job[1], job[2] or job[3] or '0', found[i + 1],
      string.sub(job[4] or '', 1, longest) }
  end
end
return replies
