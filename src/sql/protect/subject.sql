-- What every question of this folder is about: $1 a table, $2 its tenant column, $3 the setting, $4 the application's roles,
-- $5 whether it is append-only. Included behind WITH.
request as (
    select $1::int8::oid as root, $2::text as tenant_column, $3::text as setting, $4::text[] as app_roles,
           $5::boolean as is_log
),
-- The table, and its partitions of every level.
tree as (
    select c.oid, c.relname::text as relname, n.nspname::text as nspname, format('%I.%I', n.nspname, c.relname) as name,
           c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relforcerowsecurity, t.level, t.parent
    from request q
    cross join lateral (
        select q.root as oid, 0 as level, null::oid as parent
        union all
        select p.relid, p.level, p.parentrelid from pg_catalog.pg_partition_tree(q.root) p where p.level > 0
    ) t
    join pg_catalog.pg_class c on c.oid = t.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
),
app as (
    select r.oid, quote_ident(r.rolname) as name
    from request q
    join pg_catalog.pg_roles r on r.rolname = any (q.app_roles)
),
-- Whose rights an application's role has: its own, and those of groups.
holders as (
    select r.oid, quote_ident(r.rolname) as name
    from pg_catalog.pg_roles r
    where exists (select from app a where pg_has_role(a.oid, r.oid, 'member')) and r.rolname not like 'pg\_%'
),
tenant as (
    select a.attname::text as name, quote_ident(a.attname) as quoted, a.attnotnull, a.atttypid as declared,
           case when t.typtype = 'd' then t.typbasetype else a.atttypid end as type
    from request q
    join pg_catalog.pg_attribute a
        on a.attrelid = q.root and a.attname = q.tenant_column and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
),
-- What is made has a name that begins with the table's. PostgreSQL would cut what is longer than 63 bytes at its end; here
-- the table's name is cut, and a digest of it keeps two long names apart.
suffixes (key, suffix) as (
    values ('read', '_org_isolation_read'), ('write', '_org_isolation_write'), ('change', '_org_isolation_change'),
           ('remove', '_org_isolation_remove'), ('deny_update', '_append_only_update'),
           ('deny_delete', '_append_only_delete'), ('trigger', '_append_only'), ('not_null', '_org_not_null'),
           ('index', '_org_isolation_idx'),
           ('shadow_read', '_shadow_read'), ('shadow_write', '_shadow_write'), ('shadow_change', '_shadow_change'),
           ('shadow_remove', '_shadow_remove')
),
named as (
    select t.oid, t.level, s.key,
           case
               when octet_length(t.relname || s.suffix) <= 63 then t.relname
               else (select left(t.relname, max(k))
                     from generate_series(0, length(t.relname)) k
                     where octet_length(left(t.relname, k)) + 7 + octet_length(s.suffix) <= 63)
                   || '_' || left(md5(t.relname), 6)
           end || s.suffix as name
    from tree t
    cross join suffixes s
),
-- Names of the table itself; its partitions carry policies and triggers of the same names.
own_name as (
    select n.key, n.name from named n where n.level = 0
),
-- The policies that a protected table has. A pinned policy compares the tenant column with the setting.
wanted (key, command, permissive, qualified, checked) as (
    values ('read', 'r', true, true, false), ('write', 'a', true, false, true), ('change', 'w', true, true, true),
           ('remove', 'd', true, true, false), ('deny_update', 'w', false, true, true),
           ('deny_delete', 'd', false, true, false)
)
