-- A view without security_invoker asks its tables as its owner. If policies do not hold the owner, whoever may use the view reads every organization.
-- Views over views are followed: what a view names is asked as that view's owner, or, if it is an invoker's, as whoever asks, whatever stands
-- around it. A materialized view below has the rows of all. An owner whose every policy compares the organization is held on purpose.
\ir ../isolation/scope.sql
, any_view as (
    select v.oid, v.relowner, v.relkind, format('%I.%I', n.nspname, v.relname) as name, n.oid as schema,
           exists (select from unnest(v.reloptions) o where o ~* '^security_invoker=(t|tr|tru|true|on|1|y|ye|yes)$') as invoker
    from pg_catalog.pg_class v
    join pg_catalog.pg_namespace n on n.oid = v.relnamespace
    where v.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), source as (
    select distinct v.oid as view, d.refobjid as relation
    from any_view v
    join pg_catalog.pg_rewrite w on w.ev_class = v.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
                                   and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> v.oid
), walk as (
    select w.* from (values (1)) one (x), lateral (
        with recursive asks (top, at, as_role, via, copied) as (
            select v.oid, s.relation, case when not v.invoker then v.relowner end, v.oid, false
            from any_view v
            join source s on s.view = v.oid
            where v.relkind = 'v'
            union
            select a.top, s.relation,
                   case when a.copied or v.relkind = 'm' then a.as_role when not v.invoker then v.relowner end,
                   case when a.copied or v.relkind = 'm' then a.via else v.oid end,
                   a.copied or v.relkind = 'm'
            from asks a
            join any_view v on v.oid = a.at
            join source s on s.view = a.at
        )
        select * from asks
    ) w
), reached as (
    select w.top, i.name as inner_view, t.name as table_name, o.rolname, h.held,
           o.rolsuper or o.rolbypassrls or w.copied
               or (pg_has_role(o.oid, t.relowner, 'usage') and not t.relforcerowsecurity)
               or not t.relrowsecurity
               or coalesce(h.lets_all, false) as all_of_it
    from walk w
    join interesting t on t.oid = w.at and t.attnum is not null
    join pg_catalog.pg_roles o on o.oid = w.as_role
    join any_view i on i.oid = w.via
    left join policies_of h on h.role = o.oid and h.relation = t.oid
), used as (
    select v.oid, string_agg(a.ident, ', ' order by a.ident) as roles
    from any_view v
    join app_role a on not a.rolsuper and has_schema_privilege(a.oid, v.schema, 'usage')
                       and (has_any_column_privilege(a.oid, v.oid, 'select, insert, update') or has_table_privilege(a.oid, v.oid, 'delete'))
    group by v.oid
)
select case when bool_or(r.all_of_it) then 'error' else 'warning' end, v.name,
       format('asks %s as %s%s; %s may use it', string_agg(distinct r.table_name, ', '), string_agg(distinct quote_ident(r.rolname), ', '),
              case when bool_or(r.all_of_it) then ', whom no policy holds: only the view''s own words keep organizations apart'
                   else ', whom policies hold as things are, instead of whoever asks' end,
              u.roles),
       string_agg(distinct format('alter view %s set (security_invoker = true);', r.inner_view), ' ')
from reached r
join any_view v on v.oid = r.top
join used u on u.oid = r.top
where r.all_of_it or r.held is not true
group by v.oid, v.name, u.roles
