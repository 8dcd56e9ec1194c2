-- Puts active jobs without a lock back in line by BullMQ's own stalled check; stands behind guard.lua, clock.lua,
-- in-line.lua, stalled.lua and that check, which is here `stalledCheck(KEYS, ARGV)`. It is handed a stalled set and
-- an active list of our own: so it deals with exactly the jobs that are named, however many others are active.
-- KEYS: fence, receipts, base
-- ARGV: fence, how it is paused, now (ms), stalls that are forgiven, then per job: id, mark of the look before
-- Returns per job, as far as time went: '' (done, now or by an earlier call) | reason
local active, failed, meta = base .. 'active', base .. 'failed', base .. 'meta'
local ownActive, ownStalled, ownCheck = KEYS[2] .. ':active', KEYS[2] .. ':stalled', KEYS[2] .. ':stalled-check'
local now, forgiven = ARGV[3], tonumber(ARGV[4])

local activeIds
local function isActive(id)
  if not activeIds then
    activeIds = {}
    for _, each in ipairs(call('LRANGE', active, 0, -1)) do activeIds[each] = true end
  end
  return activeIds[id]
end

-- A key that ends by itself may do so; one that does not would keep new jobs out for ever.
local function freeDeduplication(id)
  local deduplication = call('HGET', base .. id, 'deid')
  local key = deduplication and base .. 'de:' .. deduplication
  if key and call('PTTL', key) == -1 and redis.pcall('GET', key) == id then call('DEL', key) end
end

-- As these versions do it, but the job is kept even where its options say otherwise.
local function fail(id)
  local reason = 'job stalled more than allowable limit'
  call('HINCRBY', base .. id, 'stalledCounter', 1)
  call('HSET', base .. id, 'failedReason', reason, 'finishedOn', now)
  call('ZADD', failed, now, id)
  freeDeduplication(id)
  tell('failed', id, 'prev', 'active', 'failedReason', reason)
end

local isOldById, isAny = {}, false
local function unstick(id, mark)
  local key = base .. id
  if call('EXISTS', key) == 0 then return 'gone' end
  if call('HEXISTS', key, 'name') == 0 then return 'unreadable' end
  if call('EXISTS', key .. ':lock') == 1 then return 'active' end
  if markOf(key) ~= mark then return isActive(id) and 'active' or 'moved' end
  local fails = failsAtOnce(base, id, forgiven)
  -- What such a failure does to a parent differs from version to version.
  if fails and call('HEXISTS', key, 'parentKey') == 1 then return 'child' end
  -- Those taken up first are at the tail.
  if call('LREM', active, -1, id) == 0 then return 'moved' end
  call('SREM', base .. 'stalled', id)
  if fails then
    fail(id)
  else
    isOldById[id], isAny = isOld(base, id), true
    call('LPUSH', ownActive, id)
    call('SADD', ownStalled, id)
  end
  return ''
end

local function check()
  local isUnset = not call('HGET', meta, 'opts.maxLenEvents')
  local keys = { ownStalled, line, ownActive, ownCheck, meta, base .. 'paused', base .. 'marker', base .. 'events',
    base .. 'repeat' }
  for _, id in ipairs(stalledCheck(keys, { forgiven, base, now, 1000 })) do
    if isOldById[id] then
      call('HDEL', base .. id, 'stc')
      call('HINCRBY', base .. id, 'stalledCounter', 1)
    end
  end
  -- What the check keeps for its next round, and its default where the queue has no such setting.
  call('DEL', ownStalled, ownActive, ownCheck)
  if isUnset then call('HDEL', meta, 'opts.maxLenEvents') end
end

local ids, ends, written = {}, {}, {}
for i = 5, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
local receipts = receiptsOf(ids)
for i, id in ipairs(ids) do
  if i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  ends[i] = receipts[i] and '' or unstick(id, ARGV[2 * i + 4])
  if ends[i] == '' and not receipts[i] then
    written[#written + 1] = id
    written[#written + 1] = ''
  end
end
if isAny then check() end
writeReceipts(written)
return ends
