-- Where jobs are by now, but for the lists: to look for one there would mean to go through them; reads only. Behind
-- clock.lua.
-- KEYS: base   ARGV: ids
-- Returns per job, as far as time went: 'gone' | 'active' | name of a sorted set | '' (in line, or in no list at all)
local base = KEYS[1]
local SETS = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }
-- A worker of BullMQ 4 has a job for a moment before it locks it.
local MOST_ACTIVE = 1000
local active = {}
for _, id in ipairs(redis.call('LRANGE', base .. 'active', 0, MOST_ACTIVE - 1)) do active[id] = true end

local function setOf(id)
  for _, set in ipairs(SETS) do
    if redis.call('ZSCORE', base .. set, id) then return set end
  end
  return ''
end

local function whereIs(id)
  if active[id] or redis.call('EXISTS', base .. id .. ':lock') == 1 then return 'active' end
  if redis.call('EXISTS', base .. id) == 0 then return 'gone' end
  return setOf(id)
end

local replies = {}
for i, id in ipairs(ARGV) do
  if i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  replies[i] = whereIs(id)
end
return replies
