-- No index begins with the tenant column: every query of one organization reads all of them.
\ir ../isolation/scope.sql
select 'info', t.name, format('no index begins with %s: a query of one organization reads every organization''s rows', t.column_name),
       format('create index concurrently on %s (%s);', t.name, t.column_name)
from tenant_table t
where t.relkind in ('r', 'p')
  and not exists (select from pg_catalog.pg_index x where x.indrelid = t.oid and x.indkey[0] = t.attnum and x.indisvalid and x.indpred is null)
