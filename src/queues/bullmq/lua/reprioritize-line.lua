-- Waiting jobs get a priority: out of their list, among those that have one. Behind guard.lua, clock.lua,
-- in-line.lua, walk.lua and stretch.lua, which says what it is given and returns: how the queue is paused, and for each
-- job the priority, which is not 0.
local priorities = {}
return goThrough(function(id, priority)
  local job = fieldsOf(base .. id, 'name')
  if not job then return 'unreadable' end
  if not job[1] then return 'gone' end
  priorities[id] = priority
  return ''
end, function(taken)
  local written = {}
  for _, id in ipairs(taken) do
    call('HSET', base .. id, 'priority', priorities[id])
    putInLine(id, priorities[id])
    written[#written + 1] = id
    written[#written + 1] = ''
  end
  writeReceipts(written)
  wake()
end)
