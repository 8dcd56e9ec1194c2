-- Removes jobs of a sorted set, each only if it is what was copied. Behind room.lua, guard.lua, clock.lua, ties.lua,
-- look.lua and removed.lua.
-- KEYS: fence, receipts, base, sorted set   ARGV: fence, name of the state, then id and digest of each job
-- Returns per job, as far as time went: '' (done) | reason
local base, set = KEYS[3], KEYS[4]
local ids = {}
for i = 3, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
local receipts = receiptsOf(ids)
local replies, taken = {}, {}

local function take(id, expected)
  local reason, _, digest = look(base, id)
  if not reason and digest == expected and call('ZREM', set, id) == 1 then
    taken[#taken + 1] = id
    return ''
  end
  if not call('ZSCORE', set, id) then return whereNow(base, id) end
  return reason or 'changed'
end

for i, id in ipairs(ids) do
  if i % 4 == 0 and elapsedUs() > TIME_FOR_JOBS_US then break end
  replies[i] = receipts[i] and '' or take(id, ARGV[2 + 2 * i])
end
if #taken > 0 then remove(base, ARGV[2], taken) end
return replies
