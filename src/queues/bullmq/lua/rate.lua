-- How many jobs ended lately; reads only, and never by going through them.
-- KEYS: completed set, failed set, meta
-- ARGV: now (ms), how many are enough, then spans of time (ms), the shortest first
-- Returns { jobs, from (ms), to (ms) } of the first span with enough jobs, or of the longest; {} if nothing tells.
local call = redis.call
local completed, failed = KEYS[1], KEYS[2]
local function scoreAt(key, rank) return tonumber(call('ZRANGE', key, rank, rank, 'WITHSCORES')[2]) end

-- What completed longer ago was removed, perhaps: it must not look like a time in which nothing completed.
local oldest, newest = scoreAt(completed, 0), scoreAt(completed, -1)
local now = tonumber(ARGV[1])
if not oldest or newest < now - tonumber(ARGV[#ARGV]) then return {} end
newest = math.max(newest, scoreAt(failed, -1) or newest)
-- Pausing is no slowness. And the clocks of workers may be ahead.
local to = call('HEXISTS', KEYS[3], 'paused') == 1 and newest or math.max(now, newest)

local jobs, from = 0, to
for i = 3, #ARGV do
  from = math.max(to - tonumber(ARGV[i]), oldest)
  jobs = call('ZCOUNT', completed, '(' .. from, '+inf') + call('ZCOUNT', failed, '(' .. from, '+inf')
  if jobs >= tonumber(ARGV[2]) then break end
end
return { jobs, string.format('%.0f', from), string.format('%.0f', to) }
