-- Removes jobs out of the middle of a list, each only if it is what was copied. Behind room.lua, guard.lua,
-- clock.lua, ties.lua, look.lua, removed.lua, walk.lua and stretch.lua, which says what it is given and returns: the
-- name of the state, and the digest of each job.
local base, state = KEYS[3], ARGV[2]
return goThrough(function(id, copied)
  local reason, _, digest = look(base, id)
  return reason or (digest == copied and '' or 'changed')
end, function(taken) remove(base, state, taken) end)
