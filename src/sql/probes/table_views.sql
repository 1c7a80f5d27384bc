-- The views and materialized views that read table $1.$2, directly or through other views, may be read by the current role,
-- and have its tenant column $3.
with recursive readers as (
    select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = $2
    union
    select w.ev_class
    from readers r
    join pg_catalog.pg_depend d
        on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = r.oid
        and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite w on w.oid = d.objid
)
select n.nspname, c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname)
from readers r
join pg_catalog.pg_class c on c.oid = r.oid and c.relkind in ('v', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = $3 and not a.attisdropped
where pg_catalog.has_schema_privilege(n.oid, 'usage')
  and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
order by n.nspname, c.relname
