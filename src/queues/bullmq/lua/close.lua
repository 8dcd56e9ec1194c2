-- Forgets the receipts of a slice that are safe elsewhere; behind guard.lua. The fence stays for as long as a late
-- call can possibly arrive.
call('EXPIRE', KEYS[1], 604800)
return call('DEL', KEYS[2])
