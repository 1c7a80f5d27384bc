-- A SECURITY DEFINER function runs as its owner. If policies do not hold the owner, whoever may call it may see every organization. A trigger's
-- function is called by whoever can make a table for it. Daybook's own are compared word by word by `daybook migrate verify`. An owner whose every policy compares the
-- organization is held on purpose. A function that asks the session who is there, as the policies do, decides for itself: a warning, since only its
-- author knows whether it decides rightly.
\ir ../isolation/scope.sql
, asked as (
    -- What policies ask: settings, and functions of the host's.
    select 'current_setting' as name
    union
    select f.proname::text
    from clause c
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = c.policy
                                   and d.refclassid = 'pg_catalog.pg_proc'::regclass
    join pg_catalog.pg_proc f on f.oid = d.refobjid
), callable as materialized (
    select f.oid, lower(coalesce(pg_get_function_sqlbody(f.oid), f.prosrc)) as folded, f.proowner, o.rolname, o.rolsuper or o.rolbypassrls as unbound, regexp_replace(coalesce(pg_get_function_sqlbody(f.oid), f.prosrc), '--[^\n]*|/\*.*?\*/', ' ', 'g') as source,
           string_agg(distinct a.ident, ', ') as callers
    from pg_catalog.pg_proc f
    join pg_catalog.pg_namespace n on n.oid = f.pronamespace
    join pg_catalog.pg_roles o on o.oid = f.proowner
    join app_role a on has_function_privilege(a.oid, f.oid, 'execute') and not a.rolsuper
                       -- USAGE is asked for where a name is looked up, and not where a view, a default or a parsed body has it already.
                       and (has_schema_privilege(a.oid, n.oid, 'usage')
                            or exists (select from pg_catalog.pg_depend d
                                       where d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = f.oid and d.deptype = 'n'
                                         and d.classid in ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_proc'::regclass)))
    where f.prosecdef and f.prorettype <> 'event_trigger'::regtype
      -- A trigger's function is called by whoever can make a table for it.
      and (f.prorettype <> 'trigger'::regtype or has_database_privilege(a.oid, current_database(), 'temporary')
           or exists (select from pg_catalog.pg_namespace s where s.nspname !~ '^pg_' and has_schema_privilege(a.oid, s.oid, 'create')))
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and n.oid is distinct from ($1::json ->> 'daybook')::oid
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
    group by f.oid, f.proowner, o.rolname, o.rolsuper, o.rolbypassrls
), decides as materialized (
    select c.oid
    from callable c
    where exists (select from asked k where c.folded ~ ('\m' || regexp_replace(lower(k.name), '([^a-z0-9_])', '\\\1', 'g') || '\s*\('))
), about as (
    select c.*, t.name as table_name, h.held,
           c.unbound or (pg_has_role(c.proowner, t.relowner, 'usage') and not t.relforcerowsecurity) or not t.relrowsecurity
               or coalesce(h.lets_all, false) as all_of_it
    from callable c
    join interesting t on t.attnum is not null
                          and strpos(c.folded, lower(replace(t.relname, '"', '""'))) > 0
                          and c.source ~* ('\m' || regexp_replace(replace(t.relname, '"', '""'), '([^a-zA-Z0-9_])', '\\\1', 'g') || '\M')
    left join policies_of h on h.role = c.proowner and h.relation = t.oid
)
select case when bool_or(a.all_of_it) and not a.oid in (select d.oid from decides d) then 'error' else 'warning' end, a.oid::regprocedure::text,
       format('runs as %I%s, names %s, and %s may call it%s', a.rolname,
              case when bool_or(a.all_of_it) then ', whom no policy holds' else ', whom policies hold as things are' end,
              string_agg(a.table_name, ', ' order by a.table_name), a.callers,
              case when bool_or(a.all_of_it) and a.oid in (select d.oid from decides d) then ': it asks who is there, and nobody but its author knows whether it decides rightly' else '' end),
       format('alter routine %s security invoker;  -- or: revoke execute on routine %s from public, …;', a.oid::regprocedure, a.oid::regprocedure)
from about a
where a.all_of_it or a.held is not true
group by a.oid, a.rolname, a.callers
union all
select 'warning', c.oid::regprocedure::text,
       format('runs as %I, whom no policy holds, and %s may call it: nothing here tells what it reads', c.rolname, c.callers),
       format('alter routine %s security invoker;  -- or give it to an owner that policies hold', c.oid::regprocedure)
from callable c
where c.unbound and not exists (select from about a where a.oid = c.oid)
