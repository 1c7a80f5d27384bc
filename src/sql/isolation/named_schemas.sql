-- $1: names. Those that are no schema.
select n.name
from unnest($1::text[]) as n (name)
where not exists (select from pg_catalog.pg_namespace s where s.nspname = n.name)
