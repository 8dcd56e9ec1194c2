-- Goes through a stretch of a list and takes jobs out of its middle. Behind guard.lua, clock.lua and walk.lua.
-- The stretch is read from the tail on; what is to go is overwritten by a tombstone, by its index, and all tombstones
-- are removed in one go from the nearer end: LREM by id would go through the list once a job.
-- KEYS: fence, receipts, base, list
-- ARGV: fence, what the script in question takes, entries behind us, the last of them, entries to look at, then each
--   job's id and what that script needs of it
-- `refusal` is asked for every job that is found, with its id and that: '' to take it, or the reason to leave it.
-- `finish` is given those that were taken, in the order of the line, after they have left it.
-- Returns { entries behind us now, the last of them, 1 at the head of the list, then id and '' (done) | reason
--   of each job that was found }. Behind us is what stands up to the last job found, if one was: what follows it
--   the next slice may look for.
local TOMBSTONE = '0:spillway'
-- What LREM takes for an entry on a slow day.
local US_PER_ENTRY = 0.03

local function goThrough(refusal, finish)
  local list = KEYS[4]
  local wanted, ids, replies, taken = {}, {}, {}, {}
  local left = 0
  local function answer(id, reason)
    replies[#replies + 1] = id
    replies[#replies + 1] = reason
    wanted[id] = nil
    left = left - 1
  end

  for i = 6, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
  for i, id in ipairs(ids) do wanted[id] = ARGV[5 + 2 * i] end
  left = #ids
  for i, receipt in ipairs(receiptsOf(ids)) do
    if receipt then answer(ids[i], '') end
  end

  local length = call('LLEN', list)
  local from = entriesBehind(list, tonumber(ARGV[3]), ARGV[4])
  local entries = call('LRANGE', list, -from - tonumber(ARGV[5]), -from - 1)
  local toEnd = math.min(from + #entries, length - from)
  local timeForJobs = math.max(2 * TIME_FOR_JOBS_US - toEnd * US_PER_ENTRY, TIME_FOR_JOBS_US * 3 / 4)
  local looked, found, upToFound = 0, 0, nil

  for i = #entries, 1, -1 do
    local id = entries[i]
    if wanted[id] then
      found = found + 1
      if found % 4 == 0 and elapsedUs() > timeForJobs then break end
      local reason = refusal(id, wanted[id])
      if reason == '' then
        taken[#taken + 1] = id
        call('LSET', list, -from - #entries + i - 1, TOMBSTONE)
      end
      answer(id, reason)
      upToFound = looked + 1
    end
    looked = looked + 1
    if left == 0 then break end
  end

  local passed = from + looked
  if #taken > 0 then
    call('LREM', list, passed < length - from and -#taken or #taken, TOMBSTONE)
    finish(taken)
  end
  local behind = from + (upToFound or looked) - #taken
  local anchor = behind > 0 and call('LINDEX', list, -behind)
  return { behind, anchor or '', passed >= length and 1 or 0, unpack(replies) }
end
