-- Removes jobs out of the middle of a list, each only if it is what was copied. Behind room.lua, guard.lua,
-- clock.lua, ties.lua, look.lua, removed.lua and walk.lua.
-- A stretch of the list is read from the tail on; what is to go is overwritten by a tombstone, by its index, and all
-- tombstones are removed in one go from the nearer end: LREM by id would go through the list once a job.
-- KEYS: fence, receipts, base, list
-- ARGV: fence, name of the state, entries behind us, the last of them, entries to look at, then id and digest of
--   each job
-- Returns { entries behind us now, the last of them, 1 at the head of the list, then id and '' (done) | reason
--   of each job that was found }
local TOMBSTONE = '0:spillway'
-- What LREM takes for an entry on a slow day.
local US_PER_ENTRY = 0.03
local base, list = KEYS[3], KEYS[4]
local wanted, ids, replies, taken, isTaken = {}, {}, {}, {}, {}

local function answer(id, reason)
  replies[#replies + 1] = id
  replies[#replies + 1] = reason
  wanted[id] = nil
end

for i = 6, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
for i, id in ipairs(ids) do wanted[id] = ARGV[5 + 2 * i] end
for i, receipt in ipairs(receiptsOf(ids)) do
  if receipt then answer(ids[i], '') end
end

local length = call('LLEN', list)
local from = entriesBehind(list, tonumber(ARGV[3]), ARGV[4])
local entries = call('LRANGE', list, -from - tonumber(ARGV[5]), -from - 1)
local toEnd = math.min(from + #entries, length - from)
local timeForJobs = math.max(2 * TIME_FOR_JOBS_US - toEnd * US_PER_ENTRY, TIME_FOR_JOBS_US / 2)
local looked, found, tombstones = 0, 0, 0

for i = #entries, 1, -1 do
  local id = entries[i]
  if wanted[id] then
    found = found + 1
    if found % 4 == 0 and elapsedUs() > timeForJobs then break end
    local reason, _, digest = look(base, id)
    if not reason and digest ~= wanted[id] then reason = 'changed' end
    if not reason then
      taken[#taken + 1] = id
      isTaken[id] = true
    end
    answer(id, reason or '')
  end
  -- Also where a job stands in line a second time.
  if isTaken[id] then
    call('LSET', list, -from - #entries + i - 1, TOMBSTONE)
    tombstones = tombstones + 1
  end
  looked = looked + 1
end

local behind = from + looked
if #taken > 0 then
  call('LREM', list, behind < length - from and -tombstones or tombstones, TOMBSTONE)
  remove(base, ARGV[2], taken)
end
local isHead = behind >= length and 1 or 0
behind = behind - tombstones
return { behind, behind > 0 and call('LINDEX', list, -behind) or '', isHead, unpack(replies) }
