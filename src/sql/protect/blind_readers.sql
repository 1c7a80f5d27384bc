-- What reads the table, or a partition of it, as its own owner, whom the policies will bind and show nothing: views without
-- security_invoker, materialized views when they are refreshed, and SECURITY DEFINER routines whose text names the table.
-- Not of roles that no policy binds, nor of those that the policies are for.
with recursive
\ir subject.sql
, bound as (
    select r.oid
    from pg_catalog.pg_roles r
    where not r.rolsuper and not r.rolbypassrls and not exists (select from app a where pg_has_role(r.oid, a.oid, 'member'))
),
readers (oid) as (
    select t.oid from tree t
    union
    select w.ev_class
    from readers s
    join pg_catalog.pg_depend d
        on d.refobjid = s.oid and d.refclassid = 'pg_class'::regclass and d.classid = 'pg_rewrite'::regclass
    join pg_catalog.pg_rewrite w on w.oid = d.objid and w.ev_class <> s.oid
)
select string_agg(f.text, ', ' order by f.text collate "C")
from (select format('%s %I.%I', case c.relkind when 'm' then 'materialized view' else 'view' end, n.nspname, c.relname)
                 as text
      from readers s
      join pg_catalog.pg_class c on c.oid = s.oid and c.relkind in ('v', 'm')
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relowner in (select b.oid from bound b)
        and (c.relkind = 'm'
             or not exists (select from unnest(c.reloptions) o where o ~* '^security_invoker=(on|true|t|yes|y|1)$'))
      union all
      select 'routine ' || format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and p.prokind in ('f', 'p') and n.nspname <> 'daybook_shadow'
        and p.proowner in (select b.oid from bound b)
        and exists (select from tree t where strpos(lower(pg_get_functiondef(p.oid)), lower(t.relname)) > 0)) f
