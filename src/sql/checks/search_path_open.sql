-- A SECURITY DEFINER function without a search_path of its own, or with one that others can put something into: who calls it chooses what its names
-- mean. A search_path without pg_temp has it first, for tables and for types, even before pg_catalog: a domain of the name `text` runs its CHECK
-- with the function's rights.
\ir ../isolation/scope.sql
, exposed as (
    select f.oid, f.proowner, coalesce(f.prosrc, '') as source,
           (select substr(o, 13) from unnest(f.proconfig) o where o like 'search\_path=%') as path
    from pg_catalog.pg_proc f
    join pg_catalog.pg_namespace n on n.oid = f.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
      and f.prosecdef and f.prosqlbody is null
      and (exists (select from app_role a where has_function_privilege(a.oid, f.oid, 'execute') and has_schema_privilege(a.oid, n.oid, 'usage'))
           or exists (select from pg_catalog.pg_trigger g join reach r on r.relation = g.tgrelid and r.writes where g.tgfoid = f.oid))
), place as (
    select e.oid, n.oid as schema, part.name, part.place
    from exposed e
    cross join lateral (select trim(both '"' from p.name) as name, p.place
                        from regexp_split_to_table(e.path, '\s*,\s*') with ordinality as p (name, place)) part
    left join pg_catalog.pg_namespace n on n.nspname = part.name
), maker as (
    -- Who could put something anywhere.
    select a.ident, a.oid from app_role a where not a.rolsuper
), can_make as (
    select exists (select from maker m where has_database_privilege(m.oid, current_database(), 'temporary')) as temporary,
           exists (select from maker m where has_database_privilege(m.oid, current_database(), 'create'))
           or exists (select from maker m, pg_catalog.pg_namespace n
                      where n.nspname !~ '^pg_' and has_schema_privilege(m.oid, n.oid, 'create')) as object
), fault as (
    select e.oid, 1 as rank, case when c.temporary or c.object then 'error' else 'warning' end as level, 'has no search_path of its own' as what
    from exposed e, can_make c
    where e.path is null
    union all
    select p.oid, 2, 'error', format('its search_path has the schema %I, where %s may create', p.name, string_agg(distinct m.ident, ', '))
    from place p
    join maker m on has_schema_privilege(m.oid, p.schema, 'create')
    where p.name !~ '^pg_temp'
    group by p.oid, p.name
    union all
    select p.oid, 3, case when c.temporary then 'error' else 'warning' end, 'its search_path has pg_temp before the end'
    from place p, can_make c
    where p.name = 'pg_temp' and p.place < (select max(o.place) from place o where o.oid = p.oid)
    union all
    select e.oid, 4, 'error', 'its search_path has no pg_temp at the end, so temporary tables and types come first, even before pg_catalog'
    from exposed e
    join can_make c on c.temporary
    where e.path is not null and not exists (select from place o where o.oid = e.oid and o.name = 'pg_temp')
)
select distinct on (f.oid) f.level, f.oid::regprocedure::text,
       format('runs as %I and %s: who calls it can put objects of their own in the way', pg_get_userbyid(e.proowner), f.what),
       format('alter routine %s set search_path = pg_catalog, pg_temp;  -- and name the schemas inside it', f.oid::regprocedure)
from fault f
join exposed e on e.oid = f.oid
order by f.oid, f.rank
