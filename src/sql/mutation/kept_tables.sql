-- Daybook's own bookkeeping: without these rows a copy would be a schema that nobody migrated. No customer is in them, and
-- no key.
select format('%I.%I', n.nspname, c.relname)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'daybook' and c.relkind = 'r'
  and c.relname in ('migrations', 'roles', 'expected_schema', 'partitioning')
order by 1
