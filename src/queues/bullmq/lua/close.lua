-- Forgets the receipts of a slice that are safe elsewhere; behind guard.lua.
return call('DEL', KEYS[2])
