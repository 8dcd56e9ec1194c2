-- Prioritized or delayed jobs get another priority, as BullMQ 6 changes one; behind guard.lua, clock.lua and
-- in-line.lua.
-- KEYS: fence, receipts, base
-- ARGV: fence, how it is paused, name of the state ('waiting': those that have no priority, nor shall), priority, ids
-- Returns per id, as far as time went: '' (done, now or by an earlier call) | reason
local state, priority = ARGV[3], ARGV[4]
local SETS = { 'prioritized', 'delayed', 'failed', 'completed', 'waiting-children' }

-- Why a job is not where it is meant to be; false if it is.
local function absence(id)
  if state ~= 'waiting' then return not call('ZSCORE', base .. state, id) and 'moved' end
  for _, set in ipairs(SETS) do
    if call('ZSCORE', base .. set, id) then return 'moved' end
  end
  return call('EXISTS', base .. id .. ':lock') == 1 and 'active'
end

local function reprioritize(id)
  local key = base .. id
  local job = fieldsOf(key, 'name')
  if not job then return 'unreadable' end
  local reason = not job[1] and 'gone' or absence(id)
  if reason then return reason end
  call('HSET', key, 'priority', priority)
  if state == 'prioritized' then
    call('ZREM', base .. state, id)
    putInLine(id, priority)
  end
  return ''
end

return eachOnce(5, reprioritize)
