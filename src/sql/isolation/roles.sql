-- The roles that programs are, when nobody names them: those of Daybook's schema ($2, null without one), else every role that may write to
-- one of the tenant tables ($1), and every role that may read one, unless a policy names it and lets it read all: that is a task of its own.
-- Who owns a table, is a superuser or one of PostgreSQL's own is none. What cannot log in counts where a login role can become it.
with tenant as (
    select c.oid, c.relowner
    from pg_catalog.pg_class c
    where c.oid::bigint = any ($1::bigint[])
), writes as (
    select r.oid, bool_or(has_table_privilege(r.oid, t.oid, 'insert, update, delete')
                          or has_any_column_privilege(r.oid, t.oid, 'insert, update')) as may_write,
           bool_or(has_table_privilege(r.oid, t.oid, 'select') or has_any_column_privilege(r.oid, t.oid, 'select')) as may_read
    from pg_catalog.pg_roles r, tenant t
    where not r.rolsuper and r.rolname !~ '^pg_'
      and not exists (select from tenant o where o.relowner = r.oid)
    group by r.oid
)
select r.oid::bigint, r.rolname::text
from writes w
join pg_catalog.pg_roles r on r.oid = w.oid
where (r.rolcanlogin
       or exists (select from pg_catalog.pg_roles l where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, r.oid, 'member')))
  and not (r.rolbypassrls and not r.rolcanlogin)
  and not exists (select from unnest($2::text[]) as k (name) where k.name = r.rolname)
  and (w.may_write
       or (w.may_read and not r.rolbypassrls
           and not exists (select from pg_catalog.pg_policy p, tenant t
                           where p.polrelid = t.oid and p.polcmd = 'r' and r.oid = any (p.polroles)
                             and pg_get_expr(p.polqual, p.polrelid) = 'true')))
order by 2
