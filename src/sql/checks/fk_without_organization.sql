-- A foreign key between two tables of organizations that leaves the organization out: foreign keys look past every policy, so a row can hang on
-- another organization's row, and what happens there happens here.
\ir ../isolation/scope.sql
select 'warning', format('%s/%I', t.name, k.conname),
       format('refers to %s without %s: a row can hang on another organization''s row%s', o.name, t.column_name,
              case when k.confdeltype in ('c', 'n', 'd') then ', whose removal reaches this one' else ', and tells whether that exists' end),
       format('-- unique (%s, …) on %s, and here: foreign key (%s, …) references %s (%s, …)', o.column_name, o.name, t.column_name, o.name, o.column_name)
from pg_catalog.pg_constraint k
join tenant_table t on t.oid = k.conrelid
join tenant_table o on o.oid = k.confrelid
where k.contype = 'f' and k.conparentid = 0
  and not t.attnum = any (k.conkey)
  -- The table of the organizations or users themselves is referred to by what it is.
  and not o.attnum = any (k.confkey)
