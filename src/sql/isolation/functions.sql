-- The functions that policies of these tables ($1) call, and what those call that is written in SQL's standard form: the policy, the function, its text.
with recursive called as (
    select p.oid as policy, d.refobjid as function
    from pg_catalog.pg_policy p
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
                                   and d.refclassid = 'pg_catalog.pg_proc'::regclass
    where p.polrelid::bigint = any ($1::bigint[])
    union
    select c.policy, d.refobjid
    from called c
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = c.function
                                   and d.refclassid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'n'
)
select c.policy::bigint, c.function::bigint, format('%s.%s', n.nspname, f.proname),
       coalesce(pg_get_function_sqlbody(f.oid), f.prosrc)
from called c
join pg_catalog.pg_proc f on f.oid = c.function
join pg_catalog.pg_namespace n on n.oid = f.pronamespace
where f.prosrc is not null
order by 1, 2
