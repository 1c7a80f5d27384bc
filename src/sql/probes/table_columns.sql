-- The columns of table $1.$2: what may be written there, and what an INSERT must give. A domain is what it is made of.
with recursive
    columns as (
        select a.*
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
    ),
    types as (
        select c.attnum, 0 as level, c.atttypid as oid, c.atttypmod as typmod, false as not_null, false as has_default
        from columns c
        union all
        select y.attnum, y.level + 1, t.typbasetype, case when t.typtypmod >= 0 then t.typtypmod else y.typmod end,
               y.not_null or t.typnotnull, y.has_default or t.typdefault is not null
        from types y
        join pg_catalog.pg_type t on t.oid = y.oid
        where t.typtype = 'd'
    ),
    bases as (
        select distinct on (y.attnum) y.attnum, y.oid, y.typmod, y.not_null, y.has_default
        from types y
        order by y.attnum, y.level desc
    )
select
    c.attname as name,
    t.typname as type,
    case when t.typtype = 'e' then 'E' else t.typcategory end as category,
    d.typname as declared_type,
    case when t.typname in ('varchar', 'bpchar') and b.typmod > 4 then b.typmod - 4 end as length,
    (c.attnotnull or b.not_null) and not c.atthasdef and not b.has_default and c.attidentity = '' and c.attgenerated = ''
        as required,
    c.attgenerated = '' and c.attidentity <> 'a'
        and pg_catalog.has_column_privilege(c.attrelid, c.attnum, 'insert') as may_insert,
    c.attgenerated = '' and c.attidentity <> 'a'
        and pg_catalog.has_column_privilege(c.attrelid, c.attnum, 'update') as may_update,
    exists (select from pg_catalog.pg_index i
            where i.indrelid = c.attrelid and i.indisunique and c.attnum = any (i.indkey)) as is_unique,
    pg_catalog.format('%I %s', c.attname, pg_catalog.format_type(c.atttypid, c.atttypmod)) as definition
from columns c
join bases b on b.attnum = c.attnum
join pg_catalog.pg_type t on t.oid = b.oid
join pg_catalog.pg_type d on d.oid = c.atttypid
order by c.attnum
