-- A view without security_invoker asks its tables as its owner. If policies do not hold the owner, whoever may read the view reads every organization.
-- Views over views are followed: a table is asked as the owner of the nearest view around it that is not an invoker's.
\ir ../isolation/scope.sql
, recursive_view as (
    select v.oid, v.relowner, coalesce(v.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'] as invoker,
           format('%I.%I', n.nspname, v.relname) as name, n.oid as schema
    from pg_catalog.pg_class v
    join pg_catalog.pg_namespace n on n.oid = v.relnamespace
    where v.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), source as (
    select distinct v.oid as view, d.refobjid as relation
    from recursive_view v
    join pg_catalog.pg_rewrite w on w.ev_class = v.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
                                   and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> v.oid
), step as (
    select array_agg(s.view) as view, array_agg(s.relation) as relation from source s
), walk as (
    select w.* from step, lateral (
        with recursive asks (top, at, as_role) as (
            select v.oid, v.oid, case when v.invoker then null else v.relowner end from recursive_view v
            union
            select a.top, s.relation, case when v.oid is null or v.invoker then a.as_role else v.relowner end
            from asks a
            join source s on s.view = a.at
            left join recursive_view v on v.oid = s.relation
        )
        select * from asks
    ) w
), reached as (
    select w.top, w.as_role, t.name as table_name, o.rolname,
           o.rolsuper or o.rolbypassrls
               or (pg_has_role(o.oid, t.relowner, 'usage') and not t.relforcerowsecurity)
               or not t.relrowsecurity
               or exists (select from pg_catalog.pg_policy p
                          where p.polrelid = t.oid and p.polpermissive and p.polcmd in ('r', '*') and pg_get_expr(p.polqual, p.polrelid) = 'true'
                            and (p.polroles = '{0}' or exists (select from unnest(p.polroles) u (oid) where pg_has_role(o.oid, u.oid, 'usage')))) as all_of_it
    from walk w
    join tenant_table t on t.oid = w.at
    join pg_catalog.pg_roles o on o.oid = w.as_role
)
select case when bool_or(r.all_of_it) then 'error' else 'warning' end, v.name,
       format('asks %s as %I%s; %s may read it', string_agg(distinct r.table_name, ', '), max(r.rolname),
              case when bool_or(r.all_of_it) then ', whom no policy holds: every organization is in it'
                   else ', whom policies hold as things are, instead of whoever asks' end,
              (select string_agg(a.ident, ', ' order by a.ident) from app_role a
               where has_schema_privilege(a.oid, v.schema, 'usage') and has_any_column_privilege(a.oid, v.oid, 'select'))),
       format('alter view %s set (security_invoker = true);  -- the inner view, where views stand on views', v.name)
from reached r
join recursive_view v on v.oid = r.top
where exists (select from app_role a where not a.rolsuper and has_schema_privilege(a.oid, v.schema, 'usage') and has_any_column_privilege(a.oid, v.oid, 'select'))
group by v.oid, v.name, v.schema
