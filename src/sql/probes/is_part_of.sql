-- Whether table $3.$4 is table $1.$2, or a partition of it, or inherits from it.
with recursive tree as (
    select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = $2
    union
    select i.inhrelid from pg_catalog.pg_inherits i join tree t on i.inhparent = t.oid
)
select exists (
    select from tree t
    join pg_catalog.pg_class c on c.oid = t.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $3 and c.relname = $4)
