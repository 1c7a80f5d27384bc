begin isolation level read committed;
-- One process at a time in this database; the number is the first eight bytes of SHA-256('daybook migrations').
select pg_catalog.pg_advisory_xact_lock(-5294521519886915635);
-- DDL that waits for a long transaction keeps every writer waiting behind it: rather fail, and be run again. Who connects with
-- a lock_timeout has chosen another.
select pg_catalog.set_config('lock_timeout', '10s', true) where pg_catalog.current_setting('lock_timeout') = '0';
