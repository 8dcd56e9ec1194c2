-- Which commands of our scripts this user may not run. Each is called on a key that is not there, in a way that
-- writes nothing; LPUSH, RPUSH, SADD and INCR would write, and are not tried.
-- KEYS: a key that nobody has
-- Returns names of commands
local key = KEYS[1]
local CALLS = {
  { 'TIME' },
  { 'EXISTS', key }, { 'TYPE', key }, { 'PTTL', key }, { 'GET', key },
  { 'HGET', key, 'a' }, { 'HMGET', key, 'a' }, { 'HGETALL', key }, { 'HEXISTS', key, 'a' }, { 'HLEN', key },
  { 'HSTRLEN', key, 'a' },
  { 'LLEN', key }, { 'LRANGE', key, 0, 0 }, { 'LINDEX', key, 0 }, { 'LPOS', key, 'a' },
  { 'SISMEMBER', key, 'a' }, { 'SCARD', key },
  { 'ZSCORE', key, 'a' }, { 'ZRANK', key, 'a' }, { 'ZCARD', key }, { 'ZCOUNT', key, 0, 0 },
  { 'ZRANGE', key, 0, 0 }, { 'ZREVRANGE', key, 0, 0 },
  { 'DEL', key }, { 'PERSIST', key }, { 'EXPIRE', key, 1 }, { 'RENAME', key, key }, { 'SET', key, '', 'XX' },
  { 'HSET', key, 'a', 'b', 'c' }, { 'HDEL', key, 'a' }, { 'HINCRBY', key, 'a', 'no number' },
  { 'LREM', key, 0, 'a' }, { 'LSET', key, 0, 'a' }, { 'LTRIM', key, 0, 0 },
  { 'SREM', key, 'a' }, { 'ZADD', key, 'XX', 0, 'a' }, { 'ZREM', key, 'a' },
  { 'XADD', key, 'NOMKSTREAM', '*', 'a', 'b' },
}
-- The words of Redis 6, 7.0 and later.
local function isDenied(reply)
  local words = type(reply) == 'table' and reply.err or ''
  return string.find(words, 'NOPERM', 1, true) or string.find(words, "can't run this command", 1, true)
    or string.find(words, 'ACL failure', 1, true) or string.find(words, 'o permissions', 1, true)
end

local missing = {}
for _, each in ipairs(CALLS) do
  if isDenied(redis.pcall(unpack(each))) then missing[#missing + 1] = each[1] end
end
return missing
