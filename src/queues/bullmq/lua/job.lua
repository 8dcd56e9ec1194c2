-- Everything there is to show of one job, seen at one instant; reads only. Texts are cut here, and what is too
-- long to be read at once is left out: its size tells. Behind ties.lua.
-- KEYS: base   ARGV: id, longest text, longest text that is read whole, places of a list that are looked through
-- Returns names and values in turn, nothing where there is no such job
local call, base, id = redis.call, KEYS[1], ARGV[1]
local longest, whole, reach = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local key = base .. id
if call('TYPE', key).ok ~= 'hash' or call('HEXISTS', key, 'name') == 0 then return {} end

local reply = {}
local function say(name, value)
  if value then
    reply[#reply + 1] = name
    reply[#reply + 1] = tostring(value)
  end
end
for _, name in ipairs({ 'name', 'timestamp', 'delay', 'processedOn', 'finishedOn', 'atm', 'attemptsMade', 'stc',
  'stalledCounter', 'priority', 'parentKey', 'rjk', 'deid', 'progress', 'failedReason' }) do
  local value = call('HGET', key, name)
  say(name, value and string.sub(value, 1, longest))
end
for _, name in ipairs({ 'data', 'stacktrace', 'opts' }) do
  local size = call('HSTRLEN', key, name)
  say(name .. 'Bytes', size)
  if size <= whole then say(name, call('HGET', key, name)) end
end
say('locked', call('EXISTS', key .. ':lock'))
local function sizeOf(part, kind, size)
  return isOfType(key .. part, kind) and call(size, key .. part) or 0
end
local function childrenIn(part) return hasChildrenIn(key .. part) and call('HLEN', key .. part) or 0 end
local logs = sizeOf(':logs', 'list', 'LLEN')
say('logs', logs)
for _, line in ipairs(logs > 0 and call('LRANGE', key .. ':logs', -5, -1) or {}) do
  say('log', string.sub(line, 1, longest))
end
say('childrenWaiting', sizeOf(':dependencies', 'set', 'SCARD'))
say('childrenDone', childrenIn(':processed'))
say('childrenFailed', childrenIn(':failed') + sizeOf(':unsuccessful', 'zset', 'ZCARD'))

for _, place in ipairs({ 'failed', 'completed', 'delayed', 'prioritized', 'waiting-children' }) do
  local score = call('ZSCORE', base .. place, id)
  if score then
    say('where', place)
    say('score', score)
    if place == 'prioritized' then
      say('ahead', call('ZRANK', base .. place, id) + call('LLEN', base .. 'wait') + call('LLEN', base .. 'paused'))
    end
    return reply
  end
end

-- Only so far from either end: the middle of a long list would keep Redis busy.
local function find(list)
  local length = call('LLEN', list)
  local at = call('LPOS', list, id, 'RANK', -1, 'MAXLEN', reach) or call('LPOS', list, id, 'MAXLEN', reach)
  return at and length - 1 - at, length > 2 * reach
end
local isUnseen = false
for _, place in ipairs({ 'active', 'wait', 'paused' }) do
  local ahead, isLong = find(base .. place)
  if ahead then
    say('where', place)
    if place ~= 'active' then say('ahead', ahead) end
    return reply
  end
  isUnseen = isUnseen or isLong
end
say('where', isUnseen and 'unseen' or 'nowhere')
return reply
