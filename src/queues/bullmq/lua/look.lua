-- A whole job as one text, and why it must stay where it is; behind ties.lua. In front of copy.lua and the scripts
-- that take: all of them see a job the same way, so that equal digests mean equal jobs.
local LARGEST = 2097152
local MOST_LOGS = 5000

-- The jobs of a queue mostly have the same fields: the next one is read as the last one was, in the order of the
-- fields' names, which costs half of reading any fields and sorting them.
local likely

local function shapeOf(names)
  local shape = { names = names, at = {}, mark = string.sub(redis.sha1hex(table.concat(names, '\0')), 1, 8) }
  for i, name in ipairs(names) do shape.at[name] = i end
  return shape
end

local function readLikely(key)
  local values = likely and redis.call('HMGET', key, unpack(likely.names))
  if not values or redis.call('HLEN', key) ~= #values then return nil end
  for i = 1, #values do
    if not values[i] then return nil end
  end
  return values
end

local function readAny(key)
  local found = redis.call('HGETALL', key)
  local fields, names, values = {}, {}, {}
  for i = 1, #found, 2 do
    fields[found[i]] = found[i + 1]
    names[#names + 1] = found[i]
  end
  table.sort(names)
  for i, name in ipairs(names) do values[i] = fields[name] end
  if #names > 0 then likely = shapeOf(names) end
  return values
end

local function sizeOf(values)
  local size = 0
  for _, value in ipairs(values) do size = size + #value end
  return size
end

-- What stands beside a job: 'none', 'logs', or why it must stay.
local function beside(key)
  local logs = key .. ':logs'
  local found = redis.call('EXISTS', key .. ':lock', logs, key .. ':dependencies', key .. ':processed',
    key .. ':failed', key .. ':unsuccessful')
  if found == 0 then return 'none' end
  if redis.call('EXISTS', key .. ':lock') == 1 then return 'active' end
  local hasLogs = isOfType(logs, 'list')
  if (not hasLogs or found > 1) and isParent(key) then return 'parent' end
  if not hasLogs then return 'none' end
  return redis.call('LLEN', logs) > MOST_LOGS and 'too_large' or 'logs'
end

-- Returns the reason to leave a job alone; or false, its content, its digest and the names of its fields.
local function look(base, id)
  local key = base .. id
  local size = redis.pcall('HSTRLEN', key, 'data')
  if type(size) ~= 'number' then return 'unreadable' end
  if size > LARGEST then return 'too_large' end
  local others = beside(key)
  if others ~= 'none' and others ~= 'logs' then return others end
  local values = readLikely(key) or readAny(key)
  if #values == 0 then return 'gone' end
  if sizeOf(values) > LARGEST then return 'too_large' end
  local shape = likely
  local function field(name) return values[shape.at[name]] end
  if not field('name') or not field('data') then return 'unreadable' end
  local reason = tie(base, id, field)
  if reason then return reason end
  local content = others == 'none' and cmsgpack.pack(values)
    or cmsgpack.pack(values, redis.call('LRANGE', key .. ':logs', 0, -1))
  return false, content, shape.mark .. redis.sha1hex(content), shape.names
end

-- Why a job is not where it was expected.
local function whereNow(base, id)
  if redis.call('EXISTS', base .. id .. ':lock') == 1 then return 'active' end
  return redis.call('EXISTS', base .. id) == 1 and 'moved' or 'gone'
end
