-- Moves the limits of a queue, each only from what is expected to be there.
-- KEYS: meta, limiter
-- ARGV: of the rate ('max:duration', '' for none): to, from, from; of jobs at once: to, from, from.
--   A limit whose first one is '-' is not looked at.
-- Returns { jobs at once, max, duration } as they are now.
local call = redis.call
local meta, limiter = KEYS[1], KEYS[2]
local LIMITS = { 'concurrency', 'max', 'duration' }
-- BullMQ's own `rateLimit(ms)` stops the workers with this count; it ends by itself.
local STOPPED = 9007199254740991

local function moves(found, first)
  return ARGV[first] ~= '-' and (found == ARGV[first + 1] or found == ARGV[first + 2])
    and found ~= ARGV[first]
end

local concurrency, max, duration = unpack(call('HMGET', meta, unpack(LIMITS)))
if moves(max and max .. ':' .. (duration or '') or '', 1) then
  local newMax, newDuration = string.match(ARGV[1], '^(%d+):(%d+)$')
  if newMax then call('HSET', meta, 'max', newMax, 'duration', newDuration)
  else call('HDEL', meta, 'max', 'duration') end
  -- What was counted for the longer time of before would stop the workers until that is over.
  local counted = tonumber(call('GET', limiter) or '0')
  if call('PTTL', limiter) > tonumber(newDuration or '0') and counted < STOPPED then call('DEL', limiter) end
end
if moves(concurrency or '', 4) then
  if ARGV[4] == '' then call('HDEL', meta, 'concurrency') else call('HSET', meta, 'concurrency', ARGV[4]) end
end
return call('HMGET', meta, unpack(LIMITS))
