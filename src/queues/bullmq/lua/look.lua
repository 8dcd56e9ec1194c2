-- A whole job as one text, and why it must stay where it is. In front of copy.lua and the scripts that take:
-- all of them see a job the same way, so that equal digests mean equal jobs.
local LARGEST = 2097152
local MOST_LOGS = 5000
local WEIGHTY = { 'data', 'returnvalue', 'failedReason', 'stacktrace' }

local function isTooLarge(key)
  local size = 0
  for _, field in ipairs(WEIGHTY) do size = size + redis.call('HSTRLEN', key, field) end
  return size > LARGEST
end

-- Fields by name, and all of them packed in the order of their names, with the log lines behind.
local function read(key)
  local found = redis.call('HGETALL', key)
  local fields, names, sorted = {}, {}, {}
  for i = 1, #found, 2 do
    fields[found[i]] = found[i + 1]
    names[#names + 1] = found[i]
  end
  table.sort(names)
  for i, name in ipairs(names) do
    sorted[2 * i - 1] = name
    sorted[2 * i] = fields[name]
  end
  return fields, sorted
end

-- In Redis Cluster a parent may live elsewhere: what cannot be seen counts as there.
local function exists(key) return redis.pcall('EXISTS', key) ~= 0 end

local function isNextRun(base, id, fields)
  local at = fields.rjk and redis.call('ZSCORE', base .. 'repeat', fields.rjk)
  return at and string.sub(id, -#at - 1) == ':' .. at
end

local function tie(base, id, fields)
  if fields.parentKey and fields.parentKey ~= '' and exists(fields.parentKey) then return 'child' end
  if isNextRun(base, id, fields) then return 'scheduled' end
  if fields.deid and redis.call('GET', base .. 'de:' .. fields.deid) == id then return 'deduplicates' end
end

-- The reason to leave a job alone; or false, its content and its keys.
local function look(base, id)
  local key = base .. id
  local lock, logs = key .. ':lock', key .. ':logs'
  local beside = redis.call('EXISTS', lock, logs, key .. ':dependencies', key .. ':processed',
    key .. ':failed', key .. ':unsuccessful')
  local hasLogs = beside > 0 and redis.call('EXISTS', logs) == 1
  if beside > 0 and redis.call('EXISTS', lock) == 1 then return 'active' end
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return 'gone' end
  if kind ~= 'hash' then return 'unreadable' end
  if beside > (hasLogs and 1 or 0) then return 'parent' end
  if isTooLarge(key) or hasLogs and redis.call('LLEN', logs) > MOST_LOGS then return 'too_large' end
  local fields, sorted = read(key)
  if not fields.name or not fields.data then return 'unreadable' end
  local reason = tie(base, id, fields)
  if reason then return reason end
  if hasLogs then
    return false, cmsgpack.pack(sorted, redis.call('LRANGE', logs, 0, -1)), { key, logs }
  end
  return false, cmsgpack.pack(sorted), { key }
end

-- Why a job is not where it was expected.
local function whereNow(base, id)
  if redis.call('EXISTS', base .. id .. ':lock') == 1 then return 'active' end
  return redis.call('EXISTS', base .. id) == 1 and 'moved' or 'gone'
end
