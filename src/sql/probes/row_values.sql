-- The members of JSON object $1, each value as it stands.
select e.key, e.value::text from pg_catalog.json_each($1::json) e
