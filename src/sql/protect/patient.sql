-- CONCURRENTLY waits for older transactions to end. Nobody waits for it meanwhile, so it may take its time.
set lock_timeout = 0;
