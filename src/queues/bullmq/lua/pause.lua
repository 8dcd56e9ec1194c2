-- Sets the pause. See docs/pause.md for every instant at which this may stop, repeat or race.
-- KEYS: wait, paused, meta, marker, events
-- ARGV: 'list' or 'flag', jobs per slice
-- Returns 'set', 'already', or 'more' when stranded jobs are still being put back in line first.
local call = redis.call
local wait, paused, meta, marker, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local isPaused = call('HEXISTS', meta, 'paused') == 1

if ARGV[1] == 'list' and call('EXISTS', wait) == 1 then
  if call('EXISTS', paused) == 1 and not isPaused then
    local slice = tonumber(ARGV[2])
    call('RPUSH', wait, unpack(call('LRANGE', paused, 0, slice - 1)))
    call('LTRIM', paused, slice, -1)
    if call('EXISTS', paused) == 1 then
      call('ZADD', marker, 0, '0')
      return 'more'
    end
  end
  -- Never over a list that exists: RENAME would destroy it.
  if call('EXISTS', paused) == 0 then call('RENAME', wait, paused) end
end

if isPaused then return 'already' end
call('HSET', meta, 'paused', 1)
call('DEL', marker)
call('XADD', events, '*', 'event', 'paused')
return 'set'
