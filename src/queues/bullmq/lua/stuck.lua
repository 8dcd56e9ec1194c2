-- Active jobs without a lock, in a stretch of the list; stands behind stalled.lua; reads only.
-- KEYS: base   ARGV: first index, last index, stalls that are forgiven
-- Returns { ids looked at, then per job without a lock { id, type, taken up at (ms), '1' if it fails next, mark } }
local base = KEYS[1]
local ids = redis.call('LRANGE', base .. 'active', ARGV[1], ARGV[2])
local found = { #ids }
for _, id in ipairs(ids) do
  local job = redis.call('HMGET', base .. id, 'name', 'processedOn')
  if job[1] and redis.call('EXISTS', base .. id .. ':lock') == 0 then
    found[#found + 1] = { id, job[1], job[2] or '', failsNext(base, id, tonumber(ARGV[3])) and '1' or '', markOf(base .. id) }
  end
end
return found
