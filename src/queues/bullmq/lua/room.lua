-- Redis that is full (maxmemory) lets a script go on whose first write frees or keeps memory: what removes
-- jobs must work just then.
redis.call('EXPIRE', KEYS[1], 604800)
