-- Failed jobs in line again, as BullMQ 6 retries one; behind guard.lua, clock.lua and in-line.lua.
-- KEYS: fence, receipts, base   ARGV: fence, how it is paused, '1' to reset attempts, '1' for in front of all, ids
-- Returns per id, as far as time went: '' (done, now or by an earlier call) | reason
local failed = base .. 'failed'
local isFirst = ARGV[4] == '1'
local cleared = { 'failedReason', 'finishedOn', 'processedOn' }
-- BullMQ 4 counts in `attemptsMade`, the others in `atm` and `ats`.
if ARGV[3] == '1' then cleared = { 'failedReason', 'finishedOn', 'processedOn', 'atm', 'ats', 'attemptsMade' } end

local function retry(id)
  local key = base .. id
  local job = fieldsOf(key, 'name', 'priority', 'opts', 'parentKey', 'parent')
  if not job then return 'unreadable' end
  if not job[1] then return 'gone' end
  if call('EXISTS', key .. ':lock') == 1 then return 'active' end
  if job[4] and call('ZSCORE', failed, id) and not rejoinsParent(key, job[4], job[5]) then return 'child' end
  if call('ZREM', failed, id) == 0 then return 'moved' end
  call('HDEL', key, unpack(cleared))
  putInLine(id, job[2], job[3], isFirst)
  tell('waiting', id, 'prev', 'failed')
  return ''
end

return eachOnce(5, retry)
