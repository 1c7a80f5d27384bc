-- For one query that somebody types, in its transaction: the token $1 ('' for a role that needs none), times in the zone $2, at
-- most $3 milliseconds (0: as long as it takes), `events` and `organizations` without a schema, and the forms of values
-- that Daybook's output relies on, whatever the role's defaults are.
select set_config('app.reader_token', $1::text, true), set_config('timezone', $2::text, true),
       set_config('statement_timeout', $3::text, true), set_config('search_path', 'pg_catalog, daybook, pg_temp', true),
       set_config('row_security', 'on', true), set_config('datestyle', 'ISO, YMD', true),
       set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true),
       set_config('bytea_output', 'hex', true), set_config('standard_conforming_strings', 'on', true)
