-- For queries that people type, for the session: `events` and `organizations` without a schema, times in the zone $1.
select set_config('search_path', 'pg_catalog, daybook, pg_temp', false), set_config('timezone', $1::text, false)
