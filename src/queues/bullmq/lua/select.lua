-- What a filter looks at in jobs of a stretch of a list or sorted set, or in those named; reads only. Behind clock.lua,
-- ties.lua and walk.lua.
-- KEYS: base, list or sorted set
-- ARGV: 'list' | 'zset' | 'named', entries behind us, the last of them, its score, entries to look at,
--   wanted parts ('d' data, 'e' error, 's' stack), so many bytes of an error, longest stacks that are read,
--   how many types, how many ids, the types, the ids; none: any
-- Returns { entries behind us now, the last of them, its score, 1 at the end, jobs looked at, jobs }, where the jobs are
--   packed: id, type, added at, ended at, attempts, priority, why it must stay, error, stacks, data of each
local LARGEST_DATA = 131072
local base, place, kind, parts = KEYS[1], KEYS[2], ARGV[1], ARGV[6]
local longestError, longestStacks = tonumber(ARGV[7]), tonumber(ARGV[8])
local typeCount, idCount = tonumber(ARGV[9]), tonumber(ARGV[10])
local isType, isNamed, names = {}, {}, {}
for i = 11, 10 + typeCount do isType[ARGV[i]] = true end
for i = 11 + typeCount, 10 + typeCount + idCount do
  names[#names + 1] = ARGV[i]
  isNamed[ARGV[i]] = true
end

local FIELDS = { 'name', 'timestamp', 'finishedOn', 'atm', 'attemptsMade', 'priority', 'parentKey', 'rjk', 'deid' }
local AT = {}
if string.find(parts, 'e', 1, true) then FIELDS[#FIELDS + 1] = 'failedReason' end
for i, name in ipairs(FIELDS) do AT[name] = i end

local function entries()
  local most = tonumber(ARGV[5])
  if kind == 'named' then return names, 0, #names end
  if kind == 'zset' then
    local from = membersBehind(place, ARGV[3], ARGV[4])
    return redis.call('ZRANGE', place, from, from + most - 1), from, redis.call('ZCARD', place)
  end
  local from = entriesBehind(place, tonumber(ARGV[2]), ARGV[3])
  local found, turned = redis.call('LRANGE', place, -from - most, -from - 1), {}
  for i = #found, 1, -1 do turned[#turned + 1] = found[i] end
  return turned, from, redis.call('LLEN', place)
end

-- Behind a '=', for a payload may be empty; '' where it is not read.
local function dataOf(key)
  if not string.find(parts, 'd', 1, true) or redis.call('HSTRLEN', key, 'data') > LARGEST_DATA then return '' end
  local data = redis.call('HGET', key, 'data')
  return data and '=' .. data or ''
end

local function stacksOf(key)
  if not string.find(parts, 's', 1, true) or redis.call('HSTRLEN', key, 'stacktrace') > longestStacks then return '' end
  return redis.call('HGET', key, 'stacktrace') or ''
end

local function reasonToStay(id, field)
  local key = base .. id
  if redis.call('EXISTS', key .. ':lock', key .. ':dependencies', key .. ':processed', key .. ':failed',
    key .. ':unsuccessful') > 0 then
    if redis.call('EXISTS', key .. ':lock') == 1 then return 'active' end
    if isParent(key) then return 'parent' end
  end
  return tie(base, id, field) or ''
end

local jobs, looked = {}, 0
local function add(id)
  local key = base .. id
  if typeCount > 0 and not isType[redis.pcall('HGET', key, 'name')] then return end
  local values = redis.pcall('HMGET', key, unpack(FIELDS))
  if values.err or not values[1] then return end
  local function field(name) return AT[name] and values[AT[name]] end
  for _, value in ipairs({ id, field('name'), field('timestamp') or '', field('finishedOn') or '',
    field('atm') or field('attemptsMade') or '', field('priority') or '', reasonToStay(id, field),
    string.sub(field('failedReason') or '', 1, longestError), stacksOf(key), dataOf(key) }) do
    jobs[#jobs + 1] = value
  end
end

local ids, from, length = entries()
local passed = 0
for i, id in ipairs(ids) do
  if i % 8 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  passed = i
  local isMeant = idCount == 0 or isNamed[id]
  if kind == 'named' then isMeant = redis.call('ZSCORE', place, id) end
  -- Markers of BullMQ 4 are no jobs.
  if isMeant and string.sub(id, 1, 2) ~= '0:' then
    looked = looked + 1
    add(id)
  end
end
local last = ids[passed] or ''
local score = kind == 'zset' and last ~= '' and redis.call('ZSCORE', place, last) or ''
return { from + passed, last, score, from + passed >= length and 1 or 0, looked, cmsgpack.pack(jobs) }
