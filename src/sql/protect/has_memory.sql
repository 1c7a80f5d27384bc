-- Whether protect has ever done anything here, whether shadow mode has, and why what is remembered cannot be relied on: it
-- is SQL that --undo runs as the owner, so nobody else may have written it.
with
memory as (
    select n.oid, n.nspowner, n.nspacl from pg_catalog.pg_namespace n where n.nspname = 'daybook_shadow'
),
tables as (
    select c.oid, c.relname::text as relname, format('daybook_shadow.%I', c.relname) as name, c.relkind, c.relowner, c.relacl
    from memory m
    join pg_catalog.pg_class c on c.relnamespace = m.oid
),
owners (name, owner) as (
    select 'schema daybook_shadow', m.nspowner from memory m
    union all
    select t.name, t.relowner from tables t
),
rights as (
    select 'schema daybook_shadow' as name, m.nspowner as owner, x.grantee, x.privilege_type
    from memory m
    cross join aclexplode(m.nspacl) x
    union all
    select t.name, t.relowner, x.grantee, x.privilege_type
    from tables t
    cross join aclexplode(t.relacl) x
    union all
    select t.name, t.relowner, x.grantee, x.privilege_type
    from tables t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid
    cross join aclexplode(a.attacl) x
),
problems as (
    select format('%s belongs to %s', o.name, quote_ident(pg_get_userbyid(o.owner))) as problem, 1 as place
    from owners o
    where o.owner <> (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)
    union
    select format('%s has %s on %s', coalesce(quote_ident(r.rolname), 'everybody'), x.privilege_type, x.name), 2
    from rights x
    left join pg_catalog.pg_roles r on r.oid = x.grantee
    where x.grantee <> x.owner and x.privilege_type in ('CREATE', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
)
select exists (select from tables t where t.relname = 'before'),
       exists (select from tables t where t.relname = 'violations'),
       (select p.problem from problems p order by p.place, p.problem collate "C" limit 1)
