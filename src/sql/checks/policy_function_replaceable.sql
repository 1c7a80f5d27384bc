-- A function that a policy or a trigger of a tenant table calls, and that an application role owns: it can be marked IMMUTABLE, be replaced where the role
-- may create in its schema, and be dropped together with the policy or trigger, whoever owns the table.
\ir ../isolation/scope.sql
select distinct 'error', f.oid::regprocedure::text,
       format('%s %s, and %s calls it: who owns it can change it, and can drop what calls it along with it', a.ident,
              case when f.proowner = a.oid then 'owns it' else format('can become its owner %I', pg_get_userbyid(f.proowner)) end, u.caller),
       format('alter function %s owner to %s;', f.oid::regprocedure,
              case when pg_has_role(a.oid, u.owner, 'member') then '…' else quote_ident(pg_get_userbyid(u.owner)) end)
from (select d.refobjid as function, 'policy ' || c.object as caller, r.relowner as owner
      from clause c
      join pg_catalog.pg_class r on r.oid = c.polrelid
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = c.policy
                                     and d.refclassid = 'pg_catalog.pg_proc'::regclass
      union
      select g.tgfoid, format('trigger %s/%I', i.name, g.tgname), i.relowner
      from pg_catalog.pg_trigger g
      join interesting i on i.oid = g.tgrelid
      where not g.tgisinternal) u
join pg_catalog.pg_proc f on f.oid = u.function
join app_role a on pg_has_role(a.oid, f.proowner, 'member')
where a.named and not a.rolsuper
