-- Applies Daybook :'version'. Run this as the owner's role, :"owner", all of it or nothing.
begin isolation level read committed;
-- One migration at a time in this database; the number is the first eight bytes of SHA-256('daybook migrations').
select pg_catalog.pg_advisory_xact_lock(-5294521519886915635);
-- DDL that waits for a long query would keep every writer waiting behind it: rather fail, and be run again.
set local lock_timeout = '10s';
