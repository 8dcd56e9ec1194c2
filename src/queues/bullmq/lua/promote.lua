-- Delayed jobs in line now, as BullMQ promotes one; behind guard.lua, clock.lua and in-line.lua.
-- KEYS: fence, receipts, base   ARGV: fence, how it is paused, ids
-- Returns per id, as far as time went: '' (done, now or by an earlier call) | reason
local function promote(id)
  local key = base .. id
  local job = fieldsOf(key, 'name', 'priority')
  if not job then return 'unreadable' end
  if not job[1] then return 'gone' end
  if call('ZREM', base .. 'delayed', id) == 0 then return 'moved' end
  putInLine(id, job[2])
  call('HSET', key, 'delay', 0)
  tell('waiting', id, 'prev', 'delayed')
  return ''
end

return eachOnce(3, promote)
