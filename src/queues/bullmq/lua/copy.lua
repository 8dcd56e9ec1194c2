-- Whole jobs, or why they must stay; reads only. Behind clock.lua, ties.lua and look.lua.
-- KEYS: base, sorted set (base again for lists: there only taking a job tells that it is still in line)
-- ARGV: most bytes, ids
-- Returns per job, as far as time and room went:
--   reason | { values and logs, digest, score ('' in lists) [, names of the fields, where they are not those of the
--   job before] }
local base, set = KEYS[1], KEYS[2]
local isList = base == set
local replies, room, told = {}, tonumber(ARGV[1]), nil

local function copyOf(id)
  local score = isList and '' or redis.call('ZSCORE', set, id)
  if not score then return whereNow(base, id) end
  local reason, content, digest, names = look(base, id)
  if reason then return reason end
  room = room - #content
  if names == told then return { content, digest, score } end
  told = names
  return { content, digest, score, names }
end

for i = 2, #ARGV do
  if room <= 0 or i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  replies[i - 1] = copyOf(ARGV[i])
end
return replies
