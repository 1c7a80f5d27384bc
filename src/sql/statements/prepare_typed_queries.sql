-- For the session of somebody who types queries: `events` and `organizations` without a schema, times in the zone $1, steps of at
-- most $2 milliseconds (0: as long as they take), and the forms of values that Daybook's output relies on, whatever the
-- role's defaults are. What a query itself sets goes with its transaction.
--
-- constraint_exclusion would parse the CHECK of each partition for every query, a third of a short one's time, and never exclude
-- one by it; months are pruned without it.
select pg_backend_pid() as backend, set_config('search_path', 'pg_catalog, daybook, pg_temp', false), set_config('timezone', $1::text, false),
       set_config('statement_timeout', $2::text, false), set_config('row_security', 'on', false),
       set_config('datestyle', 'ISO, YMD', false), set_config('intervalstyle', 'postgres', false),
       set_config('extra_float_digits', '1', false), set_config('bytea_output', 'hex', false),
       set_config('standard_conforming_strings', 'on', false), set_config('constraint_exclusion', 'off', false)
