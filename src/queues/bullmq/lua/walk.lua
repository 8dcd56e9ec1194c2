-- Walking a list from its tail, where the next job is, or a sorted set from its lowest score, while workers and
-- producers change them.

-- How many entries from the tail on are behind us, when `anchor` was the last one: workers took some meanwhile.
local LOOKED_BACK = 1000
local function entriesBehind(list, offset, anchor)
  if offset == 0 or redis.call('LINDEX', list, -offset) == anchor then return offset end
  local back = math.max(offset - LOOKED_BACK, 0)
  local near = redis.call('LRANGE', list, -offset, -back - 1)
  for i = #near, 1, -1 do
    if near[i] == anchor then return back + #near - i + 1 end
  end
  return back
end

-- The same in a sorted set; where the anchor has gone, those of its score are walked again.
local function membersBehind(set, anchor, score)
  if anchor == '' then return 0 end
  local rank = redis.call('ZRANK', set, anchor)
  return rank and rank + 1 or redis.call('ZCOUNT', set, '-inf', '(' .. score)
end
