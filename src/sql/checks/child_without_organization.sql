-- Rows that hang on an organization's rows by a foreign key, in a table that has neither the organization nor row-level security.
\ir ../isolation/scope.sql
, guarded as (
    select i.oid, i.name, i.attnum, i.column_name
    from interesting i
    where i.attnum is not null
       -- Kept apart by what it refers to itself.
       or (i.relrowsecurity and exists (select from clause c where c.polrelid = i.oid and c.kind = 'using' and not c.always))
), belongs as (
    select w.child, w.parent, w.own_column
    from (select array_agg(g.oid) as all_of_them from guarded g) h, lateral (
        with recursive walk (child, parent, own_column) as (
            select k.conrelid, k.confrelid,
                   -- The key may hold the organization under another name.
                   (select a.attname from unnest(k.conkey, k.confkey) as pair (here, there)
                    join guarded g on g.oid = k.confrelid and g.attnum = pair.there
                    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.here)
            from pg_catalog.pg_constraint k
            where k.contype = 'f' and k.confrelid = any (h.all_of_them) and k.conrelid <> k.confrelid
              -- Who changed a row does not make it somebody's.
              and not exists (select from unnest(k.conkey) u (attnum)
                              join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum and not a.attnotnull
                                                                and a.attname ~* '(by|user|owner|author|editor|creator)(_?id)?$')
            union
            -- Further down only where a row cannot be without its parent.
            select k.conrelid, k.confrelid, null
            from walk w
            join pg_catalog.pg_constraint k on k.contype = 'f' and k.confrelid = w.child and k.conrelid <> k.confrelid
            where not w.child = any (h.all_of_them)
              and not exists (select from unnest(k.conkey) u (attnum)
                              join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum and not a.attnotnull)
        )
        select * from walk
    ) w
)
select 'error', format('%I.%I', n.nspname, c.relname),
       format('its rows belong to rows of %s%s, but it has no row-level security%s, and %s may %s',
              string_agg(distinct format('%I.%I', pn.nspname, p.relname), ', '), coalesce(' (by ' || quote_ident(max(b.own_column)) || ')', ''),
              case when max(b.own_column) is null then ' and does not say whose they are' else '' end, string_agg(distinct a.ident, ', '),
              max(case when has_any_column_privilege(a.oid, c.oid, 'select') then 'read it' else 'write it' end)),
       case when max(b.own_column) is null
            then format('-- add the organization to it, not null, filled from %s; then `daybook protect %I.%I`',
                        min(format('%I.%I', pn.nspname, p.relname)), n.nspname, c.relname)
            else format('-- `daybook protect %I.%I --tenant-column %s` prints what ends it', n.nspname, c.relname, quote_ident(max(b.own_column))) end
from belongs b
join pg_catalog.pg_class c on c.oid = b.child and c.oid in (select e.oid from examined_relation e) and not c.relrowsecurity and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class p on p.oid = b.parent and not p.relispartition
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
join app_role a on not a.rolsuper and has_schema_privilege(a.oid, n.oid, 'usage')
                   and (has_any_column_privilege(a.oid, c.oid, 'select, insert, update') or has_table_privilege(a.oid, c.oid, 'delete'))
where c.oid not in (select i.oid from interesting i where i.attnum is not null)
group by n.nspname, c.relname
