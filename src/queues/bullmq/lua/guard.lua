-- Stands in front of every script that changes jobs: an attempt that was overtaken changes nothing, and what
-- an attempt did is written down in the same step.
-- KEYS[1]: fence of the plan   KEYS[2]: receipts of the slice (id or key -> '' for done, or the new id)
-- ARGV[1]: fence of this attempt
-- Returns 'overtaken' where a later attempt was here.
local call = redis.call
local KEPT_S = 604800
local held = call('GET', KEYS[1])
if held and tonumber(held) > tonumber(ARGV[1]) then return 'overtaken' end
call('SET', KEYS[1], ARGV[1], 'EX', KEPT_S)

-- Receipts of several ids or keys, in their order; false where there is none.
local function receiptsOf(ids)
  if #ids == 0 or call('EXISTS', KEYS[2]) == 0 then return {} end
  return call('HMGET', KEYS[2], unpack(ids))
end

-- `pairs`: id or key, then '' or the new id, and so on.
local function writeReceipts(pairs)
  if #pairs == 0 then return end
  call('HSET', KEYS[2], unpack(pairs))
  call('EXPIRE', KEYS[2], KEPT_S)
end
