-- For queries that people type: `events` and `organizations` without a schema, times in the zone $1.
select set_config('search_path', 'pg_catalog, daybook, pg_temp', true), set_config('timezone', $1::text, true)
