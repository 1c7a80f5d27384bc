-- The roles that programs are, when nobody names them. Never those of $2 (the tasks of Daybook's schema, null without one), PostgreSQL's own,
-- superusers and owners of the tenant tables ($1), unless a policy on a table that is not theirs names them and does not let them see all: then
-- they were meant to be held.
-- Nor what can become an owner and was granted nothing of its own: that is what migrations log in as.
--   Whoever may write to a tenant table, or through a view.
--   Whoever may read one, unless a policy names it and lets it read all, and it can write nothing: that is a task of its own.
--   Whoever can log in and become one of those: it is what programs log in as.
-- What cannot log in counts where a login role can become it.
with tenant as (
    select c.oid, c.relowner
    from pg_catalog.pg_class c
    where c.oid::bigint = any ($1::bigint[])
), relation as (
    select t.oid, 0::oid as owner from tenant t
    union all
    -- Views of the host's, whatever they show: somebody who has only those is an application too, but not whoever made them.
    select c.oid, c.relowner
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and n.oid::bigint is distinct from $3::bigint  -- a schema that is not examined
      and exists (select from tenant)
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), acl as (
    select distinct x.grantee, c.relowner
    from relation t
    join pg_catalog.pg_class c on c.oid = t.oid
    cross join lateral aclexplode(c.relacl) x
    where x.grantee <> c.relowner
    union
    select distinct x.grantee, 0::oid
    from relation t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attacl is not null and a.attnum > 0
    cross join lateral aclexplode(a.attacl) x
), granted as (
    -- To whom anything was granted that an owner of the tables does not have by being a member of the same.
    select distinct g.grantee
    from acl g
    where g.grantee <> 0 and not exists (select from tenant o where pg_has_role(o.relowner, g.grantee, 'usage'))
), meant as (
    select distinct u.oid
    from tenant t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
    cross join lateral unnest(p.polroles) u (oid)
    where u.oid <> t.relowner and coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) <> 'true'
), candidate as (
    select r.oid, r.rolcanlogin, r.rolbypassrls
    from pg_catalog.pg_roles r
    where r.rolname !~ '^pg_'
      and not exists (select from unnest($2::text[]) as k (name) where k.name = r.rolname)
      and (r.oid in (select m.oid from meant m)
           or (not r.rolsuper and not exists (select from tenant o where o.relowner = r.oid)
               and (not exists (select from tenant o where pg_has_role(r.oid, o.relowner, 'member'))
                    or exists (select from granted g where pg_has_role(r.oid, g.grantee, 'usage')))))
), uses as (
    select c.oid, c.rolcanlogin, c.rolbypassrls,
           exists (select from relation t
                   where t.owner <> c.oid
                     and (has_table_privilege(c.oid, t.oid, 'insert, update, delete') or has_any_column_privilege(c.oid, t.oid, 'insert, update'))) as may_write,
           exists (select from relation t
                   where t.owner <> c.oid and has_any_column_privilege(c.oid, t.oid, 'select')) as may_read
    from candidate c
    -- Whoever has the rights of nobody to whom anything was granted needs no look at every table.
    where exists (select from acl g where g.grantee = 0 or pg_has_role(c.oid, g.grantee, 'usage'))
       or exists (select from pg_catalog.pg_roles d where d.rolname in ('pg_read_all_data', 'pg_write_all_data') and pg_has_role(c.oid, d.oid, 'usage'))
       or exists (select from tenant o where pg_has_role(c.oid, o.relowner, 'usage'))
), application as (
    select u.oid
    from uses u
    where (u.rolcanlogin
           or exists (select from pg_catalog.pg_roles l where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, u.oid, 'member')))
      and not (u.rolbypassrls and not u.rolcanlogin)
      and (u.may_write
           or (u.may_read and not u.rolbypassrls
               and not exists (select from pg_catalog.pg_policy p, tenant t
                               where p.polrelid = t.oid and p.polcmd = 'r' and u.oid = any (p.polroles)
                                 and pg_get_expr(p.polqual, p.polrelid) = 'true')))
)
select r.oid::bigint, r.rolname::text
from candidate c
join pg_catalog.pg_roles r on r.oid = c.oid
where c.oid in (select a.oid from application a)
   -- What owns tables of its own is a service of the platform.
   or (c.rolcanlogin and exists (select from application a where pg_has_role(c.oid, a.oid, 'member'))
       and not exists (select from pg_catalog.pg_class k where k.relowner = c.oid and k.relkind in ('r', 'p')))
order by 2
