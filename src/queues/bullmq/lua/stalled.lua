-- How often active jobs stalled; stands in front of a script.

-- Changes whenever a worker takes a job up, ends it, or loses it: while it is the same, nobody had the job anew.
local function markOf(key)
  local fields = redis.call('HMGET', key, 'processedOn', 'ats', 'atm', 'attemptsMade', 'stc', 'stalledCounter')
  for i = 1, #fields do fields[i] = fields[i] or '' end
  return table.concat(fields, '|')
end

-- BullMQ 4, and 5 before 5.48, count in `stalledCounter` and know no failure that is put off. Where a job does not
-- tell, the version does that wrote to the queue last.
local function isOld(base, id)
  local fields = redis.call('HMGET', base .. id, 'stc', 'stalledCounter', 'ats')
  if fields[1] then return false end
  if fields[2] or not fields[3] then return true end
  local version = redis.call('HGET', base .. 'meta', 'version') or ''
  return (tonumber(string.match(version, '^bullmq:5%.(%d+)')) or 48) < 48
end

-- Whether BullMQ fails it, rather than let it run once more. A scheduler's job must not end this way.
local function failsNext(base, id, forgiven)
  local fields = redis.call('HMGET', base .. id, 'stc', 'stalledCounter', 'rjk')
  if (tonumber(fields[1] or fields[2]) or 0) < forgiven then return false end
  local scheduler = not isOld(base, id) and fields[3]
  return not scheduler or redis.call('EXISTS', base .. 'repeat:' .. scheduler) == 0
    and not redis.call('ZSCORE', base .. 'repeat', scheduler)
end

local function failsAtOnce(base, id, forgiven)
  return isOld(base, id) and failsNext(base, id, forgiven)
end
