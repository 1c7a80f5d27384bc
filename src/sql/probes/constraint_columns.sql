-- The columns that constraint or unique index $3 of table $1.$2 looks at.
select a.attname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where n.nspname = $1 and c.relname = $2
  and (exists (select from pg_catalog.pg_constraint k
               where k.conrelid = c.oid and k.conname = $3 and a.attnum = any (k.conkey))
       or exists (select
                  from pg_catalog.pg_index i
                  join pg_catalog.pg_class x on x.oid = i.indexrelid
                  where i.indrelid = c.oid and x.relname = $3 and a.attnum = any (i.indkey)))
order by a.attnum
