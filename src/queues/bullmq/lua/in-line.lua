-- Puts jobs in line as BullMQ does, whatever its version; stands in front of a script, behind guard.lua and clock.lua.
-- KEYS[3]: base of the queue's keys   ARGV[2]: how the queue is paused, 'list' or 'flag'
-- No field of the metadata is ever written, so that a queue that was emptied stays as it is.
local base = KEYS[3]
local settings = call('HMGET', base .. 'meta', 'paused', 'concurrency', 'opts.maxLenEvents')
local isPaused = settings[1] and true or false
local isFull = settings[2] and call('LLEN', base .. 'active') >= tonumber(settings[2])
local longestEvents = settings[3] or 10000

-- A resume by BullMQ 4 or 5 renames `paused` over `wait`: under their pause a job is safe in `paused` only.
local line = base .. 'wait'
if isPaused and (ARGV[2] == 'list' or call('EXISTS', base .. 'paused') == 1) then line = base .. 'paused' end

local function tell(event, id, ...)
  call('XADD', base .. 'events', 'MAXLEN', '~', longestEvents, '*', 'event', event, 'jobId', id, ...)
end

-- Only a text that seems to say so is worth decoding.
local function isLifo(opts)
  if not opts or not string.find(opts, '"lifo":true', 1, true) then return false end
  local isJson, decoded = pcall(cjson.decode, opts)
  return isJson and type(decoded) == 'table' and decoded.lifo == true
end

local hasWork = false

-- Behind those of the same priority; without one, behind all, or in front of all where the job asks for it.
-- `isFirst`: in front of them. The counter gives out numbers from 1 on, so that 0 is ahead of every job of a
-- priority: there BullMQ itself puts a job back that its worker may not take yet.
local function putInLine(id, priority, opts, isFirst)
  hasWork = true
  local weight = tonumber(priority) or 0
  if weight > 0 then
    local turn = isFirst and 0 or call('INCR', base .. 'pc') % 0x100000000
    call('ZADD', base .. 'prioritized', weight * 0x100000000 + turn, id)
  else
    call((isFirst or isLifo(opts)) and 'RPUSH' or 'LPUSH', line, id)
  end
end

-- Workers of BullMQ 4 wake by the list itself; those of 5 and 6 sleep until there is a marker.
local function wake()
  if hasWork and not isPaused and not isFull then call('ZADD', base .. 'marker', 0, '0') end
end

-- False where the key holds something else than a hash.
local function fieldsOf(key, ...)
  local fields = redis.pcall('HMGET', key, ...)
  return not fields.err and fields
end

-- Does this to every id from ARGV[first] on that has no receipt, as far as time goes. `change` returns '' once it
-- is done, or why not.
local function eachOnce(first, change)
  local ids, ends, written = { unpack(ARGV, first) }, {}, {}
  local earlier = receiptsOf(ids)
  for i, id in ipairs(ids) do
    if i % 8 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
    ends[i] = earlier[i] and '' or change(id)
    if ends[i] == '' and not earlier[i] then
      written[#written + 1] = id
      written[#written + 1] = ''
    end
  end
  writeReceipts(written)
  wake()
  return ends
end

local function queueAndId(parentKey, parent)
  local isJson, decoded = pcall(cjson.decode, parent or '')
  if isJson and type(decoded) == 'table' and decoded.queueKey and decoded.id then
    return decoded.queueKey, decoded.id
  end
  return string.match(parentKey, '^(.*):([^:]+)$')
end

-- Whether a job that is to run again may: true unless a parent that has not ended yet went on without it. A
-- parent that still waits, or that failed, gets it back among those it waits for, as BullMQ 6 does it.
local function rejoinsParent(jobKey, parentKey, parent)
  -- What cannot be seen, or is no parent, is left as it is.
  if not parentKey or redis.pcall('EXISTS', parentKey) == 0 then return true end
  local isAwaited = redis.pcall('SISMEMBER', parentKey .. ':dependencies', jobKey)
  if isAwaited ~= 0 then return isAwaited == 1 end
  local queueKey, id = queueAndId(parentKey, parent)
  if not queueKey then return false end
  local isOver = call('ZSCORE', queueKey .. ':completed', id)
  if not isOver and not call('ZSCORE', queueKey .. ':waiting-children', id)
    and not call('ZSCORE', queueKey .. ':failed', id) then
    return false
  end
  if redis.pcall('ZREM', parentKey .. ':unsuccessful', jobKey) == 1
    or redis.pcall('HDEL', parentKey .. ':failed', jobKey) == 1 then
    call('SADD', parentKey .. ':dependencies', jobKey)
    return true
  end
  return isOver and true or false
end
