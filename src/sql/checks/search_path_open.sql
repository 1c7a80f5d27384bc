-- A SECURITY DEFINER function, or one that a policy calls, without a search_path of its own: who calls it chooses what its names mean.
\ir ../isolation/scope.sql
, exposed as (
    select distinct f.oid, f.prosecdef, f.proconfig,
           case when f.prosecdef then format('runs as %I', pg_get_userbyid(f.proowner)) else 'is called by a policy' end as why
    from pg_catalog.pg_proc f
    join pg_catalog.pg_namespace n on n.oid = f.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
      and f.prosqlbody is null
      and ((f.prosecdef and exists (select from app_role a where has_function_privilege(a.oid, f.oid, 'execute') and has_schema_privilege(a.oid, n.oid, 'usage')))
           or (f.prosecdef and exists (select from pg_catalog.pg_trigger g join interesting i on i.oid = g.tgrelid where g.tgfoid = f.oid)))
)
select 'error', e.oid::regprocedure::text,
       format('%s and %s: who calls it can put objects of their own in the way', e.why,
              case when s.path is null then 'has no search_path of its own'
                   when s.writable is not null then format('its search_path has the schema %I, where %s may create', s.writable, s.creator)
                   else 'its search_path has pg_temp before the end' end),
       format('alter function %s set search_path = pg_catalog, pg_temp;  -- and name the schemas inside it', e.oid::regprocedure)
from exposed e
cross join lateral (
    select (select substr(o, 13) from unnest(e.proconfig) o where o like 'search\_path=%') as path
) p
cross join lateral (
    select p.path, w.nspname as writable, w.ident as creator
    from (values (1)) one (x)
    left join lateral (
        select n.nspname, a.ident
        from regexp_split_to_table(p.path, '\s*,\s*') with ordinality as part (name, place)
        join pg_catalog.pg_namespace n on n.nspname = trim(both '"' from part.name)
        join app_role a on not a.rolsuper and has_schema_privilege(a.oid, n.oid, 'create')
        limit 1
    ) w on true
) s
where s.path is null or s.writable is not null
   -- pg_temp comes first for tables where it is not named at all.
   or (s.path ~ '\mpg_temp\M\s*,')
