-- The beginning of jobs' data; reads only.
-- KEYS: job keys   ARGV: longest text
local replies = {}
for i = 1, #KEYS do
  replies[i] = string.sub(redis.call('HGET', KEYS[i], 'data') or '', 1, tonumber(ARGV[1]))
end
return replies
