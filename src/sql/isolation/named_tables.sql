-- $1: names as SQL writes them. The tables, and for what is none, a null.
select n.name, (select c.oid::bigint from pg_catalog.pg_class c where c.oid = to_regclass(n.name) and c.relkind in ('r', 'p', 'f'))
from unnest($1::text[]) as n (name)
