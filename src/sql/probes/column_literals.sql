-- The values that the enums and CHECKs of table $1.$2 name, column by column: the first guesses of what they accept.
with recursive
    columns as (
        select a.attrelid, a.attnum, a.attname, a.atttypid
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
    ),
    types as (
        select c.attnum, c.atttypid as oid from columns c
        union all
        select y.attnum, t.typbasetype from types y join pg_catalog.pg_type t on t.oid = y.oid where t.typtype = 'd'
    ),
    checks as (
        select c.attname, k.oid, pg_catalog.pg_get_constraintdef(k.oid) as definition
        from columns c
        join pg_catalog.pg_constraint k on k.conrelid = c.attrelid and k.contype = 'c' and c.attnum = any (k.conkey)
        union
        select c.attname, k.oid, pg_catalog.pg_get_constraintdef(k.oid)
        from columns c
        join types y on y.attnum = c.attnum
        join pg_catalog.pg_constraint k on k.contypid = y.oid and k.contype = 'c'
    )
select l.name, l.literal, l.is_number
from (
    select c.attname as name, e.enumlabel::text as literal, false as is_number, e.enumsortorder::double precision as position
    from columns c
    join types y on y.attnum = c.attnum
    join pg_catalog.pg_enum e on e.enumtypid = y.oid
    union all
    select k.attname, coalesce(pg_catalog.replace(m.found[1], '''''', ''''), m.found[2]), m.found[1] is null, m.position
    from checks k
    cross join lateral pg_catalog.regexp_matches(k.definition, '''((?:[^'']|'''')*)''|\m(\d{1,9}(?:\.\d+)?)\M', 'g')
        with ordinality as m (found, position)
) l
order by l.name, l.position
