-- For log_attempt: the transaction around it may have written the same id, and waits for it; the server cannot see that the two
-- belong to one thread.
set local lock_timeout = '10s'
