-- A function that reads the session or a table, and says that it is IMMUTABLE: the planner keeps its answer, and a cached plan serves one
-- organization's rows to the next.
\ir ../isolation/scope.sql
, called as (
    select w.* from (values (1)) one (x), lateral (
        with recursive calls (policy, function) as (
            select d.objid, d.refobjid
            from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_proc'::regclass
              and d.objid in (select c.policy from clause c)
            union
            select c.policy, d.refobjid
            from calls c
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = c.function
                                           and d.refclassid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'n'
        )
        select * from calls
    ) w
), suspect as (
    -- Without comments, and without the FROM that reads nothing.
    select f.oid, f.proname, f.pronamespace,
           regexp_replace(regexp_replace(coalesce(pg_get_function_sqlbody(f.oid), f.prosrc), '--[^\n]*|/\*.*?\*/', '', 'g'),
                          '\mdistinct\s+from\M|\m(extract|substring|trim|overlay)\s*\([^()]*\mfrom\M', '', 'gi') as source
    from pg_catalog.pg_proc f
    where f.provolatile = 'i' and f.oid in (select c.function from called c)
), guilty as (
    select s.oid,
           case when s.source ~* '\m(current_setting|current_user|session_user|current_role)\M' then 'reads the session'
                when s.source ~* '\mfrom\M' then 'reads a table'
                when exists (select from pg_catalog.pg_proc g
                             join pg_catalog.pg_namespace n on n.oid = g.pronamespace
                             where g.provolatile <> 'i' and n.nspname not in ('pg_catalog', 'information_schema')
                               and s.source ~* ('\m' || regexp_replace(n.nspname || '.' || g.proname, '([^a-zA-Z0-9_])', '\\\1', 'g') || '\s*\('))
                then 'calls a function that is not' end as why
    from suspect s
)
select 'error', f.oid::regprocedure::text,
       format('is IMMUTABLE, is called by policy %s, and %s: a cached plan shows one organization''s rows to another',
              string_agg(distinct c.object, ', '), g.why),
       format('alter function %s stable;', f.oid::regprocedure)
from guilty g
join pg_catalog.pg_proc f on f.oid = g.oid
join called k on k.function = g.oid
join clause c on c.policy = k.policy
where g.why is not null
group by f.oid, g.why
