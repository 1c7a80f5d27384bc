-- A foreign key between two tables of organizations that leaves the organization out: foreign keys look past every policy, so a row can hang on
-- another organization's row, and what happens there happens here.
\ir ../isolation/scope.sql
, candidate as materialized (
    select t.oid, t.schema, t.name, t.attnum, t.column_name, o.name as other, o.attnum as other_attnum, o.column_name as other_column,
           k.conname, k.conkey, k.confkey, k.confdeltype
    from pg_catalog.pg_constraint k
    join tenant_table t on t.oid = k.conrelid
    join tenant_table o on o.oid = k.confrelid
    where k.contype = 'f' and k.conparentid = 0
      -- The table of the organizations or users themselves is referred to by what it is.
      and k.conkey <> array[t.attnum] and k.confkey <> array[o.attnum]
)
select 'warning', format('%s/%I', c.name, c.conname),
       format('refers to %s without %s: a row can hang on another organization''s row%s', c.other, c.column_name,
              case when c.confdeltype in ('c', 'n', 'd') then ', whose removal reaches this one' else ', and tells whether that exists' end),
       format('-- unique (%s, …) on %s, and here: foreign key (%s, …) references %s (%s, …)', c.other_column, c.other, c.column_name, c.other, c.other_column)
from candidate c
where not exists (select from unnest(c.conkey, c.confkey) p (here, there) where p.here = c.attnum and p.there = c.other_attnum)
  and exists (select from app_role a, unnest(c.conkey) p (here)
              where has_schema_privilege(a.oid, c.schema, 'usage') and has_column_privilege(a.oid, c.oid, p.here, 'insert, update'))
