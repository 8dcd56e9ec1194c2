-- Counts and state of many queues at once; reads only.
-- KEYS: key bases, e.g. `bull:email:`
-- Returns per queue one text: eight counts, markers in the paused list, paused flag, timestamp of the
-- oldest of those next in line (empty if none), metadata version.
local call = redis.call
local format = string.format

-- BullMQ 4 keeps a marker in its lists, which is no job.
local function tail(list, length)
  if length == 0 then return false, 0 end
  local id = call('LINDEX', list, -1)
  if id and string.sub(id, 1, 2) == '0:' then
    return length > 1 and call('LINDEX', list, -2), 1
  end
  return id, 0
end

local function older(base, id, oldest)
  local added = id and tonumber(call('HGET', base .. id, 'timestamp') or '')
  if added and (not oldest or added < oldest) then return added end
  return oldest
end

local replies = {}
for i = 1, #KEYS do
  local base = KEYS[i]
  local wait, aside = base .. 'wait', base .. 'paused'
  local waiting, paused = call('LLEN', wait), call('LLEN', aside)
  local prioritized = call('ZCARD', base .. 'prioritized')
  local waitTail, waitMarkers = tail(wait, waiting)
  local pausedTail, pausedMarkers = tail(aside, paused)
  local oldest = older(base, pausedTail, older(base, waitTail, false))
  -- Workers look at priorities only when the lists are empty.
  if not oldest and prioritized > 0 then
    oldest = older(base, call('ZRANGE', base .. 'prioritized', 0, 0)[1], false)
  end
  local meta = call('HMGET', base .. 'meta', 'paused', 'version')
  replies[i] = format('%d,%d,%d,%d,%d,%d,%d,%d,%s,%s,%s',
    waiting - waitMarkers, call('LLEN', base .. 'active'), call('ZCARD', base .. 'delayed'), prioritized,
    call('ZCARD', base .. 'failed'), call('ZCARD', base .. 'completed'), call('ZCARD', base .. 'waiting-children'),
    paused - pausedMarkers, meta[1] and '1' or '', oldest and format('%.0f', oldest) or '', meta[2] or '')
end
return replies
