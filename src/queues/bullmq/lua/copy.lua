-- Whole jobs, or why they must stay; reads only. Behind clock.lua and look.lua.
-- KEYS: base, sorted set (base again for lists: there only taking a job tells that it is still in line)
-- ARGV: most bytes, ids
-- Returns per job, as far as time and room went: reason | { content, digest, score ('' in lists) }
local base, set = KEYS[1], KEYS[2]
local isList = base == set
local replies, room = {}, tonumber(ARGV[1])
for i = 2, #ARGV do
  if room <= 0 or i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  local id = ARGV[i]
  local score = isList and '' or redis.call('ZSCORE', set, id)
  if not score then
    replies[i - 1] = whereNow(base, id)
  else
    local reason, content = look(base, id)
    replies[i - 1] = reason or { content, redis.sha1hex(content), score }
    if content then room = room - #content end
  end
end
return replies
