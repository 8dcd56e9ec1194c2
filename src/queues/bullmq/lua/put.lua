-- Puts whole jobs into a queue, each once per key; behind guard.lua, clock.lua and in-line.lua.
-- KEYS: fence, receipts, base
-- ARGV: fence, how it is paused, '1' for another queue than their own, then per job: key, id, place ('line',
--   or the name of a sorted set), score, from and to of its own id inside the options (0 if it has none), how
--   many fields, how many logs, the fields (names and values in turn), the logs
-- Returns per job, as far as time went: '' (done under its own id) | '+' and its new id | reason
local isElsewhere = ARGV[3] == '1'
local hasDelayed = false

-- BullMQ gives out numbers without looking whether they are taken: a job whose number is ahead of the counter
-- would be overwritten one day.
local function isAhead(id)
  return string.match(id, '^%d+$') and #id < 16 and tonumber(id) > tonumber(call('GET', base .. 'id') or 0)
end

local function freshId()
  local id
  repeat id = string.format('%.0f', call('INCR', base .. 'id')) until call('EXISTS', base .. id) == 0
  return id
end

-- In its own queue, emptied meanwhile perhaps, a job keeps its id or stays out; elsewhere it may get another.
local function idFor(id, isChosen)
  local isFree, isRisky = call('EXISTS', base .. id) == 0, not isChosen and isAhead(id)
  if isElsewhere then return isFree and not isRisky and id or freshId() end
  if isFree and isRisky then call('SET', base .. 'id', id) end
  return isFree and id or nil
end

local function store(key, firstField, firstLog, last)
  call('DEL', key .. ':logs')
  for i = firstField, firstLog - 1, 1000 do call('HSET', key, unpack(ARGV, i, math.min(i + 999, firstLog - 1))) end
  for i = firstLog, last, 1000 do call('RPUSH', key .. ':logs', unpack(ARGV, i, math.min(i + 999, last))) end
end

local function place(id, where, score, job)
  tell('added', id, 'name', job.name)
  if where == 'line' then
    putInLine(id, job.priority, job.opts)
  else
    call('ZADD', base .. where, score, id)
  end
  if where == 'line' or where == 'prioritized' then tell('waiting', id) end
  if where == 'delayed' then
    tell('delayed', id, 'delay', string.format('%.0f', math.floor(tonumber(score) / 0x1000)))
    hasDelayed = true
  end
end

local function put(at, firstField, firstLog, last)
  local earlier = receiptsOf({ ARGV[at] })[1]
  if earlier then return earlier == '' and '' or '+' .. earlier end
  local own, where, from, to = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local id = idFor(own, to > 0)
  if not id then return 'id_taken' end
  local job = {}
  for i = firstField, firstLog - 1, 2 do
    if id ~= own and to > 0 and ARGV[i] == 'opts' then
      ARGV[i + 1] = string.sub(ARGV[i + 1], 1, from) .. id .. string.sub(ARGV[i + 1], to + 1)
    end
    job[ARGV[i]] = ARGV[i + 1]
  end
  local runs = where ~= 'failed' and where ~= 'completed'
  if runs and not rejoinsParent(base .. id, job.parentKey, job.parent) then return 'child' end
  store(base .. id, firstField, firstLog, last)
  place(id, where, ARGV[at + 3], job)
  writeReceipts({ ARGV[at], id == own and '' or id })
  return id == own and '' or '+' .. id
end

local ends, at = {}, 4
while at < #ARGV and elapsedUs() < TIME_FOR_JOBS_US do
  local firstField = at + 8
  local firstLog = firstField + 2 * tonumber(ARGV[at + 6])
  local last = firstLog + tonumber(ARGV[at + 7]) - 1
  ends[#ends + 1] = put(at, firstField, firstLog, last)
  at = last + 1
end
wake()
if hasDelayed then
  local due = call('ZRANGE', base .. 'delayed', 0, 0, 'WITHSCORES')[2]
  call('ZADD', base .. 'marker', math.floor(tonumber(due) / 0x1000), '1')
end
return ends
