-- Redis that is full (maxmemory) lets a script go on whose first write frees or keeps memory: what removes
-- jobs must work just then.
redis.call('PERSIST', KEYS[1])
