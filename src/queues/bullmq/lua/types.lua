-- Counts job types in stretches of a list or sorted set; reads only.
-- KEYS: base, list or sorted set
-- ARGV: 'list' or 'zset', then first and last index of each stretch
-- Returns { types, counts, looked }
local call = redis.call
local range = ARGV[1] == 'list' and 'LRANGE' or 'ZRANGE'
local seen, types, counts, looked = {}, {}, {}, 0
for i = 2, #ARGV, 2 do
  for _, id in ipairs(call(range, KEYS[2], ARGV[i], ARGV[i + 1])) do
    local name = string.sub(id, 1, 2) ~= '0:' and call('HGET', KEYS[1] .. id, 'name')
    if name then
      looked = looked + 1
      if not seen[name] then
        types[#types + 1] = name
        seen[name] = #types
        counts[#types] = 0
      end
      counts[seen[name]] = counts[seen[name]] + 1
    end
  end
end
return { types, counts, looked }
