-- Which of these jobs a stretch of a list holds; reads only.
-- KEYS: list   ARGV: its first entry, its last entry, ids
-- Returns { entries that were looked at, the ids that are among them }
local isWanted, found = {}, {}
for i = 3, #ARGV do isWanted[ARGV[i]] = true end
local entries = redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])
for _, id in ipairs(entries) do
  if isWanted[id] then
    found[#found + 1] = id
    isWanted[id] = nil
  end
end
return { #entries, found }
