-- Every role that can see rows of more than one organization, or can make itself able to, and why.
\ir scope.sql
, reason as (
    select r.oid, 'is a superuser' as why, 'everything' as tables, 1 as rank from pg_catalog.pg_roles r where r.rolsuper
    union all
    select r.oid, 'has BYPASSRLS', 'everything that it is granted', 2 from pg_catalog.pg_roles r where r.rolbypassrls and not r.rolsuper
    union all
    select r.oid, 'has REPLICATION: it can stream all changes', 'everything', 3 from pg_catalog.pg_roles r where r.rolreplication and not r.rolsuper
    union all
    select r.oid, 'has CREATEROLE: it can make itself a member of other roles', 'what those see', 6 from pg_catalog.pg_roles r where r.rolcreaterole and not r.rolsuper
    union all
    select m.oid, 'is a member of ' || g.rolname, 'everything, by the server''s files', 4
    from pg_catalog.pg_roles g
    join pg_catalog.pg_roles m on m.oid <> g.oid and not m.rolsuper and pg_has_role(m.oid, g.oid, 'member') and m.rolname !~ '^pg_'
    where g.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
    union all
    select i.relowner,
           case when bool_and(i.relforcerowsecurity and i.relrowsecurity) then 'owns tables: policies hold it, and it can switch them off'
                else 'owns tables whose policies do not hold it' end,
           case when count(*) <= 3 then string_agg(i.name, ', ' order by i.name) else count(*) || ' tables' end, 5
    from interesting i
    join pg_catalog.pg_roles r on r.oid = i.relowner and not r.rolsuper
    where i.parent is null
    group by i.relowner
    union all
    -- Policies that let through every row, for a role that is no application's.
    select u.oid, 'has a policy that shows every row',
           case when count(distinct c.polrelid) <= 3 then string_agg(distinct c.table_name, ', ') else count(distinct c.polrelid) || ' tables' end, 7
    from clause c
    cross join lateral unnest(c.polroles) u (oid)
    join pg_catalog.pg_roles r on r.oid = u.oid and not r.rolsuper
    where c.kind = 'using' and c.always and c.polpermissive and c.polcmd in ('r', '*')
      and exists (select from interesting i where i.oid = c.polrelid and i.attnum is not null)
    group by u.oid
), path as (
    select w.oid, w.why, w.tables, w.rank from reason w
    union all
    select m.oid, format('can become %I, which %s', r.rolname, w.why), w.tables, 10 + w.rank
    from reason w
    join pg_catalog.pg_roles r on r.oid = w.oid
    join pg_catalog.pg_roles m on m.oid <> r.oid and not m.rolsuper and m.rolname !~ '^pg_' and pg_has_role(m.oid, r.oid, 'member')
)
select r.rolname::text, r.rolcanlogin, string_agg(p.why, '; ' order by p.rank, p.why),
       (array_agg(p.tables order by p.rank, p.tables))[1]
from path p
join pg_catalog.pg_roles r on r.oid = p.oid
where r.rolname !~ '^pg_'
group by r.rolname, r.rolcanlogin
order by min(p.rank), r.rolname
