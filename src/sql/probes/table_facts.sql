-- What the catalog says of table $1 (as SQL names it, with its schema) and of the current role's rights there, with the
-- tenant column $2. By name, since looking a name up needs the right to use its schema.
with recursive
    named as (
        select c.oid, c.relname, c.relnamespace, n.nspname
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where array[n.nspname, c.relname]::text[] = pg_catalog.parse_ident($1)
          and c.relkind in ('r', 'p')
    ),
    -- With its partitions and inheriting tables.
    tree as (
        select n.oid from named n
        union
        select i.inhrelid from pg_catalog.pg_inherits i join tree t on i.inhparent = t.oid
    ),
    -- The policies that the role meets. The tree of a condition is read as it is stored, since pg_get_expr() would lock the
    -- table: a constant is a whole one, and false is all zeros.
    policies as (
        select
            p.polcmd,
            p.polpermissive,
            p.polqual::text like '{CONST :consttype 16 %:constisnull false %:constvalue 1 [ 0 0 0 0 0 0 0 0 ]}' as is_false
        from named n
        join pg_catalog.pg_policy p on p.polrelid = n.oid
        where exists (select from pg_catalog.unnest(p.polroles) as r (oid)
                      where r.oid = 0 or pg_catalog.pg_has_role(r.oid, 'usage'))
    )
select
    n.nspname,
    n.relname,
    pg_catalog.has_schema_privilege(n.relnamespace, 'usage')
        and pg_catalog.has_any_column_privilege(n.oid, 'select') as may_select,
    pg_catalog.has_schema_privilege(n.relnamespace, 'usage')
        and pg_catalog.has_any_column_privilege(n.oid, 'insert') as may_insert,
    pg_catalog.has_schema_privilege(n.relnamespace, 'usage')
        and pg_catalog.has_any_column_privilege(n.oid, 'update') as may_update,
    pg_catalog.has_schema_privilege(n.relnamespace, 'usage')
        and pg_catalog.has_table_privilege(n.oid, 'delete') as may_delete,
    pg_catalog.has_schema_privilege(n.relnamespace, 'usage')
        and pg_catalog.has_table_privilege(n.oid, 'truncate') as may_truncate,
    a.attnum is not null as has_column,
    coalesce(pg_catalog.has_column_privilege(n.oid, a.attnum, 'select'), false) as may_select_column,
    coalesce(pg_catalog.has_column_privilege(n.oid, a.attnum, 'update'), false) as may_update_column,
    -- Row-level security binds the role, and lets it read nothing: an empty table, without an error.
    pg_catalog.row_security_active(n.oid)
        and not exists (select from policies p where p.polpermissive and p.polcmd in ('r', '*')) as nothing_readable,
    -- The same for UPDATE and DELETE, where a restrictive "false" is as good.
    pg_catalog.row_security_active(n.oid)
        and (not exists (select from policies p where p.polpermissive and p.polcmd in ('w', '*'))
             or exists (select from policies p
                        where not p.polpermissive and p.polcmd in ('w', '*') and p.is_false))
        as nothing_updatable,
    pg_catalog.row_security_active(n.oid)
        and (not exists (select from policies p where p.polpermissive and p.polcmd in ('d', '*'))
             or exists (select from policies p
                        where not p.polpermissive and p.polcmd in ('d', '*') and p.is_false))
        as nothing_deletable,
    exists (select
            from tree t
            join pg_catalog.pg_class c on c.oid = t.oid
            where c.reltuples > 0 or pg_catalog.pg_stat_get_live_tuples(c.oid) > 0) as has_rows,
    (select pg_catalog.min(t.tgname)
     from pg_catalog.pg_trigger t
     where t.tgrelid = n.oid and t.tgenabled in ('O', 'A') and (t.tgtype & 34) = 34) as truncate_trigger
from named n
left join pg_catalog.pg_attribute a on a.attrelid = n.oid and a.attname = $2 and a.attnum > 0 and not a.attisdropped
