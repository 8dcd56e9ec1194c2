-- Puts whole jobs into a queue, each once per key; behind guard.lua, clock.lua and in-line.lua.
-- KEYS: fence, receipts, base
-- ARGV: fence, how it is paused, '1' for another queue than their own, '1' for in front of all, then each job as a packed
--   list ('' for what is no job): key, id, place ('line', or the name of a sorted set), score, from and to of its own id inside the options
--   (0 if it has none), how many fields, the fields (names and values in turn), the logs
-- Returns per job, as far as time went: '' (done under its own id) | '+' and its new id | reason
local isElsewhere, isFirst = ARGV[3] == '1', ARGV[4] == '1'
local hasDelayed = false

-- BullMQ gives out numbers without looking whether they are taken: a job whose number is ahead of the counter
-- would be overwritten one day.
local counter = tonumber(call('GET', base .. 'id') or 0)
local function isAhead(id)
  return string.match(id, '^%d+$') and #id < 16 and tonumber(id) > counter
end

-- Logs that a worker wrote for a job that was gone are no part of one that comes back. Where logs would be, a queue of
-- BullMQ 4 may have a job: its ids may have colons.
local function isFree(id, hasLogs)
  local key, logs = base .. id, base .. id .. ':logs'
  if call('EXISTS', key, logs) == 0 then return true end
  if call('EXISTS', key) == 1 then return false end
  if call('TYPE', logs).ok ~= 'list' then return not hasLogs end
  call('DEL', logs)
  return true
end

local function freshId(hasLogs)
  repeat
    counter = call('INCR', base .. 'id')
  until isFree(string.format('%.0f', counter), hasLogs)
  return string.format('%.0f', counter)
end

-- In its own queue, emptied meanwhile perhaps, a job keeps its id or stays out; elsewhere it may get another.
local function idFor(id, isChosen, hasLogs)
  local free, isRisky = isFree(id, hasLogs), not isChosen and isAhead(id)
  if isElsewhere then return free and not isRisky and id or freshId(hasLogs) end
  if free and isRisky then
    call('SET', base .. 'id', id)
    counter = tonumber(id)
  end
  return free and id or nil
end

local AT_FIELDS = 8

local function store(key, job, atLogs)
  for i = AT_FIELDS, atLogs - 1, 1000 do call('HSET', key, unpack(job, i, math.min(i + 999, atLogs - 1))) end
  for i = atLogs, #job, 1000 do call('RPUSH', key .. ':logs', unpack(job, i, math.min(i + 999, #job))) end
end

local function place(id, where, score, fields)
  tell('added', id, 'name', fields.name)
  if where == 'line' then
    putInLine(id, fields.priority, fields.opts, isFirst)
  else
    call('ZADD', base .. where, score, id)
  end
  if where == 'line' or where == 'prioritized' then
    tell('waiting', id)
    hasWork = true
  end
  if where == 'delayed' then
    tell('delayed', id, 'delay', string.format('%.0f', math.floor(tonumber(score) / 0x1000)))
    hasDelayed = true
  end
end

local function put(job)
  local key, own, where, from, to = job[1], job[2], job[3], tonumber(job[5]), tonumber(job[6])
  local earlier = call('HGET', KEYS[2], key)
  if earlier then return earlier == '' and '' or '+' .. earlier end
  local atLogs = AT_FIELDS + 2 * tonumber(job[7])
  local id = idFor(own, to > 0, #job >= atLogs)
  if not id then return 'id_taken' end
  local fields = {}
  for i = AT_FIELDS, atLogs - 1, 2 do
    if id ~= own and to > 0 and job[i] == 'opts' then
      job[i + 1] = string.sub(job[i + 1], 1, from) .. id .. string.sub(job[i + 1], to + 1)
    end
    fields[job[i]] = job[i + 1]
  end
  local runs = where ~= 'failed' and where ~= 'completed'
  if runs and not rejoinsParent(base .. id, fields.parentKey, fields.parent) then return 'child' end
  store(base .. id, job, atLogs)
  place(id, where, job[4], fields)
  call('HSET', KEYS[2], key, id == own and '' or id)
  return id == own and '' or '+' .. id
end

local ends = {}
for i = 5, #ARGV do
  if i > 5 and elapsedUs() > TIME_FOR_JOBS_US then break end
  ends[#ends + 1] = ARGV[i] == '' and 'unreadable' or put(cmsgpack.unpack(ARGV[i]))
end
wake()
if hasDelayed then
  local due = call('ZRANGE', base .. 'delayed', 0, 0, 'WITHSCORES')[2]
  call('ZADD', base .. 'marker', math.floor(tonumber(due) / 0x1000), '1')
end
return ends
