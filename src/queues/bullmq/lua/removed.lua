-- Says that jobs were taken: to whoever listens to the queue's events, as BullMQ does, and to later attempts.
local function announceRemoved(base, state, ids)
  local most = redis.call('HGET', base .. 'meta', 'opts.maxLenEvents') or 10000
  local receipts = {}
  for _, id in ipairs(ids) do
    redis.call('XADD', base .. 'events', 'MAXLEN', '~', most, '*',
      'event', 'removed', 'jobId', id, 'prev', state)
    receipts[#receipts + 1] = id
    receipts[#receipts + 1] = ''
  end
  writeReceipts(receipts)
end
