-- Stands in front of every script that changes jobs: only the attempt that opened the slice last may, and what
-- it does is written down in the same step.
-- KEYS[1]: fence of the plan   KEYS[2]: receipts of the slice (id or key -> '' for done, or the new id)
-- ARGV[1]: fence of this attempt
-- Returns 'overtaken' where a later attempt was here, and where nobody can tell: a fence that is gone stops all.
local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 'overtaken' end

-- Receipts of several ids or keys, in their order; false where there is none.
local function receiptsOf(ids)
  if #ids == 0 or call('EXISTS', KEYS[2]) == 0 then return {} end
  return call('HMGET', KEYS[2], unpack(ids))
end

-- `pairs`: id or key, then '' or the new id, and so on.
local function writeReceipts(pairs)
  if #pairs == 0 then return end
  call('HSET', KEYS[2], unpack(pairs))
end
