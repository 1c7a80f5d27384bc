-- No index begins with the tenant column: every query of one organization reads all of them.
\ir ../isolation/scope.sql
select 'info', t.name, format('no index begins with %s: a query of one organization reads every organization''s rows', t.column_name),
       -- Of a partitioned table none can be made concurrently.
       format(case when t.relkind = 'p' then 'create index on %s (%s);  -- it locks out writers; without that: on each partition concurrently, before'
                   else 'create index concurrently on %s (%s);' end, t.name, t.column_name)
from tenant_table t
where t.relkind in ('r', 'p')
  and exists (select from reach r where r.relation = t.oid)
  -- A table that is divided by lists of organizations is read one partition at a time.
  and not exists (select from pg_catalog.pg_partitioned_table p where p.partrelid = t.oid and p.partstrat = 'l' and p.partattrs[0] = t.attnum)
  and not exists (select from pg_catalog.pg_index x where x.indrelid = t.oid and x.indkey[0] = t.attnum and x.indisvalid and x.indpred is null)
