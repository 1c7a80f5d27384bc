-- The foreign keys of table $1.$2, a line for each pair of columns.
select
    k.conname as name,
    pn.nspname as parent_schema,
    p.relname as parent_table,
    a.attname as column_name,
    pa.attname as parent_column,
    k.condeferrable as deferrable
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class p on p.oid = k.confrelid
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
cross join lateral unnest(k.conkey, k.confkey) with ordinality as pair (own, referenced, position)
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.own
join pg_catalog.pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = pair.referenced
where k.contype = 'f' and n.nspname = $1 and c.relname = $2
  -- A key that refers to a partitioned table has a copy for each of its partitions.
  and not exists (select from pg_catalog.pg_constraint o where o.oid = k.conparentid and o.conrelid = k.conrelid)
order by k.conname, pair.position
