-- The newest failed jobs, by rank; reads only. Texts are cut here, for an error can be megabytes long, and a
-- stack or payload that is too long to be read at once is left out.
-- KEYS: base, failed set
-- ARGV: first rank, last rank, longest error, longest stacktrace, longest data (0: not wanted)
-- Returns how many were looked at, and per job { id, name, timestamp, finished at (ms), attempts, priority, error, stacktrace, data }
local call = redis.call
-- Whoever only looks keeps others waiting for less than whoever acts.
local TIME_TO_LOOK_US = 2000
local longest = tonumber(ARGV[3])
local function text(key, field, most)
  if most == 0 or call('HSTRLEN', key, field) > most then return false end
  return call('HGET', key, field) or ''
end
local replies, looked = {}, 0
local found = call('ZREVRANGE', KEYS[2], ARGV[1], ARGV[2], 'WITHSCORES')
for i = 1, #found, 2 do
  local key = KEYS[1] .. found[i]
  local job = call('HMGET', key, 'name', 'timestamp', 'atm', 'attemptsMade', 'priority', 'failedReason')
  if job[1] then
    replies[#replies + 1] = { found[i], job[1], job[2] or '', found[i + 1], job[3] or job[4] or '0',
      job[5] or '0', string.sub(job[6] or '', 1, longest), text(key, 'stacktrace', tonumber(ARGV[4])),
      text(key, 'data', tonumber(ARGV[5])) }
  end
  looked = looked + 1
  if elapsedUs() > TIME_TO_LOOK_US then break end
end
return { looked, replies }
