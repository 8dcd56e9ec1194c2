-- Puts jobs set aside back in line, a slice a call, and clears the pause with the last one.
-- See docs/pause.md for every instant at which this may stop, repeat or race.
-- KEYS: wait, paused, meta, marker, events, prioritized, delayed
-- ARGV: 'resume' or 'repair' (which leaves a paused queue alone), jobs per slice
-- Returns { 'more' | 'done' | 'nothing', jobs moved out of the paused list }
local call = redis.call
local wait, paused, meta, marker, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local slice = tonumber(ARGV[2])
local isPaused = call('HEXISTS', meta, 'paused') == 1
local aside = call('LLEN', paused)
if ARGV[1] == 'repair' and isPaused then return { 'nothing', 0 } end
if aside == 0 and not isPaused then return { 'nothing', 0 } end

local function wake()
  if call('LLEN', wait) + call('ZCARD', KEYS[6]) > 0 then
    call('ZADD', marker, 0, '0')
  else
    local due = call('ZRANGE', KEYS[7], 0, 0, 'WITHSCORES')[2]
    if due then call('ZADD', marker, tonumber(due) / 0x1000, '1') end
  end
end

-- Puts the oldest jobs of the wait list in front of the paused list, where they belong: behind its jobs.
local function gather(count)
  local jobs, reversed = call('LRANGE', wait, -count, -1), {}
  for i = #jobs, 1, -1 do reversed[#reversed + 1] = jobs[i] end
  call('LPUSH', paused, unpack(reversed))
  call('LTRIM', wait, 0, -#jobs - 1)
end

local waiting = call('LLEN', wait)
local moved = aside
if aside > 0 and waiting <= slice then
  -- However many jobs are set aside, this is one step.
  if waiting > 0 then gather(waiting) end
  call('RENAME', paused, wait)
elseif aside > slice and waiting < aside and isPaused then
  gather(slice)
  return { 'more', 0 }
elseif aside > 0 then
  local older = call('LRANGE', paused, 0, slice - 1)
  call('RPUSH', wait, unpack(older))
  call('LTRIM', paused, #older, -1)
  moved = #older
  if call('EXISTS', paused) == 1 then
    if not isPaused then wake() end
    return { 'more', moved }
  end
end

if isPaused then
  call('HDEL', meta, 'paused')
  call('XADD', events, '*', 'event', 'resumed')
end
wake()
return { 'done', moved }
