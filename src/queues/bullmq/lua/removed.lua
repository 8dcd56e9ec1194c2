-- Deletes jobs that were taken out of their list or set, and says so: to whoever listens to the queue's events, as
-- BullMQ does, and to later attempts.
local function remove(base, state, ids)
  local most = redis.call('HGET', base .. 'meta', 'opts.maxLenEvents') or 10000
  local doomed, logs, receipts = {}, {}, {}
  for i, id in ipairs(ids) do
    redis.call('XADD', base .. 'events', 'MAXLEN', '~', most, '*',
      'event', 'removed', 'jobId', id, 'prev', state)
    doomed[i], logs[i] = base .. id, base .. id .. ':logs'
    receipts[2 * i - 1], receipts[2 * i] = id, ''
  end
  -- Of what stands beside them only their logs go: an id of BullMQ 4 may end in the same way.
  if redis.call('EXISTS', unpack(logs)) > 0 then
    for _, key in ipairs(logs) do
      if isOfType(key, 'list') then doomed[#doomed + 1] = key end
    end
  end
  redis.call('DEL', unpack(doomed))
  writeReceipts(receipts)
end
