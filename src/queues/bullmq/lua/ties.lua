-- Why others need a job, so that it must stay where it is.

-- In Redis Cluster a parent may live elsewhere: what cannot be seen counts as there.
local function exists(key) return redis.pcall('EXISTS', key) ~= 0 end

local function isNextRun(base, id, scheduler)
  local at = redis.call('ZSCORE', base .. 'repeat', scheduler)
  return at and string.sub(id, -#at - 1) == ':' .. at
end

-- Why others need a job; `field` gives its fields by name.
local function tie(base, id, field)
  local parent, scheduler, key = field('parentKey'), field('rjk'), field('deid')
  if parent and parent ~= '' and exists(parent) then return 'child' end
  if scheduler and isNextRun(base, id, scheduler) then return 'scheduled' end
  if key and redis.pcall('GET', base .. 'de:' .. key) == id then return 'deduplicates' end
end

-- Ids of BullMQ 4 may have colons: what stands where a part of this job would may be another job.
local function isOfType(key, kind) return redis.call('TYPE', key).ok == kind end

-- Children by their keys; a job has a name.
local function hasChildrenIn(key)
  return isOfType(key, 'hash') and redis.call('HEXISTS', key, 'name') == 0
end

local function isParent(key)
  return isOfType(key .. ':dependencies', 'set') or isOfType(key .. ':unsuccessful', 'zset')
    or hasChildrenIn(key .. ':processed') or hasChildrenIn(key .. ':failed')
end
